//! The encoding of the client, set aside while text that is not the client's is copied.

use std::ffi::c_int;

use pgrx::pg_sys;

/// COPY takes text for text in the client's encoding, and so does Citus, which copies rows to the workers. Ours is in the
/// server's.
pub(crate) struct ServerEncoding {
    of_client: c_int,
}

impl ServerEncoding {
    /// From here on until the value goes.
    pub(crate) fn begin() -> ServerEncoding {
        // SAFETY: read and set variables of this backend; from the server's encoding to itself needs no conversion.
        unsafe {
            let of_client = pg_sys::pg_get_client_encoding();
            pg_sys::SetClientEncoding(pg_sys::GetDatabaseEncoding());
            ServerEncoding { of_client }
        }
    }
}

impl Drop for ServerEncoding {
    fn drop(&mut self) {
        // SAFETY: its conversion was looked up when it was set first, and is kept by the backend.
        unsafe { pg_sys::SetClientEncoding(self.of_client) };
    }
}
