//! The file: a header, then one frame for each group of batches that was written together.
//!
//! ```text
//! file     "arlog" 0 0, version (1 byte), frames
//! frame    its place in the file (8 bytes), size of its content (4), CRC-32 of the content (4), CRC-32 of these 16
//!          bytes (4), the content
//! content  operations: kind (4), size of the key (4), size of the value (4), key, value
//! ```
//!
//! Numbers are little-endian. One frame at most is not durable, the last: what is left of it after a crash is cut off.
//! A frame that does not check although another one follows is damage, and nothing is touched then.
use agentroom::*;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::raw::c_int;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::os::unix::io::AsRawFd;
use std::path::{Path, PathBuf};

pub const MAX_CONTENT: usize = 256 << 20;
const FRAME: usize = 20;
const VERSION: u8 = 1;
const HEADER: [u8; 8] = [b'a', b'r', b'l', b'o', b'g', 0, 0, VERSION];

const LOCK_EX: c_int = 2;
const LOCK_NB: c_int = 4;

extern "C" {
    fn flock(file: c_int, operation: c_int) -> c_int;
}

/// A change of one record.
pub enum Op<'a> {
    Put(&'a [u8], &'a [u8]),
    PutIfAbsent(&'a [u8], &'a [u8]),
    Delete(&'a [u8]),
}

impl Op<'_> {
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, key, value): (u32, &[u8], &[u8]) = match *self {
            Op::Put(key, value) => (AR_STORE_PUT, key, value),
            Op::PutIfAbsent(key, value) => (AR_STORE_PUT_IF_ABSENT, key, value),
            Op::Delete(key) => (AR_STORE_DELETE, key, &[]),
        };
        for number in [kind, key.len() as u32, value.len() as u32] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    }

    /// What `encode` appends.
    pub fn encoded_size(&self) -> usize {
        match self {
            Op::Put(key, value) | Op::PutIfAbsent(key, value) => 12 + key.len() + value.len(),
            Op::Delete(key) => 12 + key.len(),
        }
    }

    /// The first operation of a content that is not empty, and what follows. `None`: the content is damaged.
    pub fn decode(content: &[u8]) -> Option<(Op<'_>, &[u8])> {
        let key_size = number_at(content, 4)? as usize;
        let value_size = number_at(content, 8)? as usize;
        if key_size == 0 || key_size > AR_STORE_MAX_KEY as usize || value_size > AR_STORE_MAX_VALUE as usize {
            return None;
        }
        let key = content.get(12..12 + key_size)?;
        let value = content.get(12 + key_size..12 + key_size + value_size)?;
        let op = match number_at(content, 0)? {
            AR_STORE_PUT => Op::Put(key, value),
            AR_STORE_PUT_IF_ABSENT => Op::PutIfAbsent(key, value),
            AR_STORE_DELETE => Op::Delete(key),
            _ => return None,
        };
        Some((op, &content[12 + key_size + value_size..]))
    }
}

fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}
static CRC_TABLE: [u32; 256] = crc_table();

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| crc >> 8 ^ CRC_TABLE[((crc ^ u32::from(*byte)) & 255) as usize])
}

fn frame_of(at: u64, content: &[u8]) -> [u8; FRAME] {
    let mut frame = [0; FRAME];
    frame[..8].copy_from_slice(&at.to_le_bytes());
    frame[8..12].copy_from_slice(&(content.len() as u32).to_le_bytes());
    frame[12..16].copy_from_slice(&crc32(content).to_le_bytes());
    let check = crc32(&frame[..16]);
    frame[16..].copy_from_slice(&check.to_le_bytes());
    frame
}

/// Size and CRC of the content, when `bytes` begin with a frame of the place `at`.
fn frame_at(at: u64, bytes: &[u8]) -> Option<(usize, u32)> {
    let size = number_at(bytes, 8)? as usize;
    let is_frame = bytes[..8] == at.to_le_bytes() && number_at(bytes, 16)? == crc32(&bytes[..16]);
    if is_frame && size <= MAX_CONTENT {
        Some((size, number_at(bytes, 12)?))
    } else {
        None
    }
}

pub struct Log {
    path: PathBuf,
    file: File,
    /// Of what is durable.
    end: u64,
    /// There may be more behind `end`.
    pub has_litter: bool,
}

impl Log {
    /// Opens the file, or makes it, and locks it against a second one who opens it; `replay` is given each content,
    /// in order.
    pub fn open(path: PathBuf, replay: impl FnMut(&[u8]) -> Option<()>) -> Result<(Log, u64), Failure> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|why| match why.kind() {
            io::ErrorKind::PermissionDenied => failure(AR_PERMISSION, "open", &path, &why),
            _ => failure(AR_IO, "open", &path, &why),
        })?;
        // SAFETY: the descriptor is open.
        if unsafe { flock(file.as_raw_fd(), LOCK_EX | LOCK_NB) } != 0 {
            let why = io::Error::last_os_error();
            return Err(match why.kind() {
                io::ErrorKind::WouldBlock => {
                    let message = format!("{} is open already; expected to be the only one", name_of(&path));
                    Failure::new(AR_IN_USE, message, "")
                }
                _ => failure(AR_IO, "lock", &path, &why),
            });
        }
        let mut log = Log { path, file, end: 0, has_litter: false };
        let torn = log.replay(replay)?;
        log.make_durable()?;
        Ok((log, torn))
    }

    /// Durable on return. After an error nothing was written.
    pub fn append(&mut self, content: &[u8]) -> Result<(), Failure> {
        let frame = frame_of(self.end, content);
        let written = self
            .file
            .write_all_at(&frame, self.end)
            .and_then(|()| self.file.write_all_at(content, self.end + FRAME as u64))
            .and_then(|()| self.file.sync_data());
        if let Err(why) = written {
            self.has_litter = true;
            let _ = self.cut(); // `resume` tries again
            return Err(self.failure("write", &why));
        }
        self.end += (FRAME + content.len()) as u64;
        Ok(())
    }

    /// Cuts off what a failed `append` may have left.
    pub fn cut(&mut self) -> Result<(), Failure> {
        let cut = self.file.set_len(self.end).and_then(|()| self.file.sync_data());
        cut.map_err(|why| self.failure("cut back", &why))?;
        self.has_litter = false;
        Ok(())
    }

    /// What a process that was killed wrote may be seen before it is durable; and a file is durable once its folder is.
    fn make_durable(&mut self) -> Result<(), Failure> {
        if self.end < HEADER.len() as u64 {
            self.file.write_all_at(&HEADER, 0).map_err(|why| self.failure("make", &why))?;
            self.end = HEADER.len() as u64;
        }
        self.cut()?;
        let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|why| self.failure("sync the folder of", &why))
    }

    /// Moves `end` behind what is whole; the bytes that are left.
    fn replay(&mut self, mut replay: impl FnMut(&[u8]) -> Option<()>) -> Result<u64, Failure> {
        let size = self.file.metadata().map_err(|why| self.failure("read", &why))?.len();
        self.end = self.check_header(size)?;
        while let Some(content) = self.next_content(size)? {
            replay(&content).ok_or_else(|| self.damaged())?;
            self.end += (FRAME + content.len()) as u64;
        }
        Ok(size - self.end)
    }

    /// Where the frames begin. What was never finished being made is made anew.
    fn check_header(&self, size: u64) -> Result<u64, Failure> {
        let found = self.read(0, size.min(HEADER.len() as u64) as usize)?;
        let same = found.len().min(HEADER.len() - 1);
        if found[..same] != HEADER[..same] {
            let message = format!("{} is no file of this plugin", name_of(&self.path));
            return Err(Failure::new(AR_CORRUPT, message, ""));
        }
        match found.get(same) {
            Some(&version) if version != VERSION => {
                let message = format!("{} has version {version}; expected {VERSION}", name_of(&self.path));
                Err(Failure::new(AR_UNSUPPORTED, message, ""))
            }
            _ => Ok(found.len() as u64),
        }
    }

    /// `None` at the end of what is whole.
    fn next_content(&self, size: u64) -> Result<Option<Vec<u8>>, Failure> {
        let rest = size - self.end;
        if rest < FRAME as u64 {
            return Ok(None);
        }
        let frame = self.read(self.end, FRAME)?;
        if let Some((content_size, crc)) = frame_at(self.end, &frame) {
            if content_size > 0 && content_size as u64 <= rest - FRAME as u64 {
                let content = self.read(self.end + FRAME as u64, content_size)?;
                if crc32(&content) == crc {
                    return Ok(Some(content));
                }
            }
        }
        self.judge_rest(rest)
    }

    /// Something does not check. It is the end of a write that was cut short, unless another frame follows.
    fn judge_rest(&self, rest: u64) -> Result<Option<Vec<u8>>, Failure> {
        if rest > (FRAME + MAX_CONTENT) as u64 {
            return Err(self.damaged());
        }
        let bytes = self.read(self.end, rest as usize)?;
        match (1..bytes.len()).any(|i| frame_at(self.end + i as u64, &bytes[i..]).is_some()) {
            true => Err(self.damaged()),
            false => Ok(None),
        }
    }

    fn read(&self, at: u64, size: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, at).map_err(|why| self.failure("read", &why))?;
        Ok(bytes)
    }

    fn damaged(&self) -> Failure {
        Failure::new(AR_CORRUPT, format!("{} is damaged at byte {}", name_of(&self.path), self.end), "")
    }

    fn failure(&self, what: &str, why: &io::Error) -> Failure {
        failure(AR_IO, what, &self.path, why)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn failure(status: ar_status, what: &str, path: &Path, why: &io::Error) -> Failure {
    Failure::new(status, format!("cannot {what} {}: {why}", name_of(path)), "")
}
