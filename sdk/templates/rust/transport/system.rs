//! What the standard library lacks of Linux.
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::raw::{c_int, c_long, c_ulong, c_void};
use std::os::unix::io::FromRawFd;
use std::ptr;
use std::time::Duration;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const SOCK_STREAM: c_int = 1;
/// The same for a socket and an eventfd.
const NONBLOCK: c_int = 0o4000;
const CLOEXEC: c_int = 0o2_000_000;
const EINPROGRESS: i32 = 115;
pub const POLLIN: i16 = 1;
pub const POLLOUT: i16 = 4;

#[repr(C)]
pub struct PollFd {
    /// -1: it is left out.
    pub file: c_int,
    pub events: i16,
    pub returned: i16,
}

#[repr(C)]
struct Timespec {
    seconds: c_long,
    nanoseconds: c_long,
}

extern "C" {
    fn ppoll(files: *mut PollFd, count: c_ulong, timeout: *const Timespec, mask: *const c_void) -> c_int;
    fn eventfd(count: u32, flags: c_int) -> c_int;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn connect(socket: c_int, address: *const c_void, size: u32) -> c_int;
}

/// Fills `returned`; a signal ends the wait too.
pub fn poll(files: &mut [PollFd], timeout: Duration) {
    let limit = Timespec {
        seconds: timeout.as_secs().min(3600) as c_long,
        nanoseconds: c_long::from(timeout.subsec_nanos() as i32),
    };
    // SAFETY: the array is as long as told.
    unsafe { ppoll(files.as_mut_ptr(), files.len() as c_ulong, &limit, ptr::null()) };
}

/// Readable after 8 bytes were written, until it is read.
pub fn event() -> io::Result<File> {
    // SAFETY: a new descriptor, which the file owns.
    match unsafe { eventfd(0, NONBLOCK | CLOEXEC) } {
        -1 => Err(io::Error::last_os_error()),
        file => Ok(unsafe { File::from_raw_fd(file) }),
    }
}

/// Begins to connect: writable once it is, or once it has failed.
pub fn begin_connecting(to: &SocketAddr) -> io::Result<TcpStream> {
    let family = if to.is_ipv4() { AF_INET } else { AF_INET6 };
    // SAFETY: a new descriptor, which the stream owns.
    let stream = match unsafe { socket(c_int::from(family), SOCK_STREAM | NONBLOCK | CLOEXEC, 0) } {
        -1 => return Err(io::Error::last_os_error()),
        file => (file, unsafe { TcpStream::from_raw_fd(file) }),
    };
    let address = sockaddr_of(family, to);
    // SAFETY: the address is as long as told.
    if unsafe { connect(stream.0, address.as_ptr() as *const c_void, address.len() as u32) } != 0 {
        let why = io::Error::last_os_error();
        if why.raw_os_error() != Some(EINPROGRESS) {
            return Err(why);
        }
    }
    Ok(stream.1)
}

/// The bytes of a sockaddr_in or a sockaddr_in6.
fn sockaddr_of(family: u16, address: &SocketAddr) -> Vec<u8> {
    let mut bytes = family.to_ne_bytes().to_vec();
    bytes.extend(address.port().to_be_bytes());
    match address {
        SocketAddr::V4(v4) => {
            bytes.extend(v4.ip().octets());
            bytes.extend([0; 8]);
        }
        SocketAddr::V6(v6) => {
            bytes.extend([0; 4]); // flow
            bytes.extend(v6.ip().octets());
            bytes.extend(v6.scope_id().to_ne_bytes());
        }
    }
    bytes
}
