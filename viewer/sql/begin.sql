-- Several statements of one instant.
begin isolation level repeatable read, read only
