//! Replaces the client encoding while text in the encoding of the server is copied.

use std::ffi::c_int;

use pgrx::pg_sys;

/// While it lives, the client encoding is the encoding of the server. COPY converts text from the client encoding, and so does
/// Citus when it sends rows to the workers, but the text in memory is in the encoding of the server.
pub(crate) struct ServerEncoding {
    of_client: c_int,
}

impl ServerEncoding {
    pub(crate) fn begin() -> ServerEncoding {
        // SAFETY: these functions read and set variables of this backend. No conversion function is needed between equal encodings.
        unsafe {
            let of_client = pg_sys::pg_get_client_encoding();
            pg_sys::SetClientEncoding(pg_sys::GetDatabaseEncoding());
            ServerEncoding { of_client }
        }
    }
}

impl Drop for ServerEncoding {
    fn drop(&mut self) {
        // SAFETY: the backend keeps the conversion functions that it looked up when this encoding was set before.
        unsafe { pg_sys::SetClientEncoding(self.of_client) };
    }
}
