//! A store that keeps its records in memory and each batch in an append-only file, from which it is filled at the
//! start.
//!
//! ```text
//! commit --queue--> commit thread: plan, write what waits as one frame, sync once --> done, in order
//! ```
//!
//! It is a beginning: the file is never written anew, so what was deleted stays in it, and it only grows. A store for
//! daily use has `size`, `check`, `compact` and `backup`, and can be opened to be read only.
mod log;

use crate::log::{Log, Op, MAX_CONTENT};
use agentroom::*;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::os::raw::{c_char, c_void};
use std::path::PathBuf;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Batches are written together up to this size; one alone may be larger.
const GROUP_BYTES: usize = 4 << 20;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;
/// What becomes of keys: a value, or nothing.
type Changes = HashMap<Vec<u8>, Option<Vec<u8>>>;

/// What was accepted and not completed.
struct Batch {
    content: Vec<u8>, // as the log has it
    done: ar_store_done,
    ctx: *mut c_void,
}

// SAFETY: the host lets `done` be called on any thread.
unsafe impl Send for Batch {}

impl Batch {
    fn complete(&self, outcome: &Result<(), Failure>) {
        let mut error =
            ar_error { struct_size: size_of_struct::<ar_error>(), status: AR_OK, message: [0; 512], hint: [0; 256] };
        // SAFETY: once for each batch, never from inside `commit`.
        unsafe {
            match outcome {
                Ok(()) => (self.done)(self.ctx, AR_OK, ptr::null()),
                Err(why) => (self.done)(self.ctx, why.fill(&mut error), &error),
            }
        }
    }
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<Batch>,
    closing: bool,
}

/// The lock of the records is held for moments only, never while the file is written.
struct Shared {
    queue: Mutex<Queue>,
    queued: Condvar,
    records: Mutex<Records>, // the commit thread alone writes
    /// `resume` has it while nothing is outstanding.
    writer: Mutex<Writer>,
}

struct Writer {
    log: Log,
    failed: bool, // until `resume`
}

struct Store {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ---- The commit thread ----

/// The value that a key has after `changes`, those made last first.
fn value_after<'a>(changes: &[&'a Changes], records: &'a Records, key: &[u8]) -> Option<&'a Vec<u8>> {
    match changes.iter().find_map(|each| each.get(key)) {
        Some(changed) => changed.as_ref(),
        None => records.get(key),
    }
}

/// Adds what a content changes to `planned`: all of it or, with the reason why, nothing.
fn plan(content: &[u8], planned: &mut Changes, records: &Records) -> Result<(), Failure> {
    let mut changes = Changes::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (op, behind) = Op::decode(rest).ok_or_else(|| Failure::new(AR_CORRUPT, "a batch is damaged", ""))?;
        rest = behind;
        match op {
            Op::PutIfAbsent(key, _) if value_after(&[&changes, planned], records, key).is_some() => {
                return Err(Failure::new(AR_CONFLICT, "a key is there already", ""));
            }
            Op::Put(key, value) | Op::PutIfAbsent(key, value) => changes.insert(key.to_vec(), Some(value.to_vec())),
            Op::Delete(key) => changes.insert(key.to_vec(), None),
        };
    }
    planned.extend(changes);
    Ok(())
}

fn keep(records: &mut Records, planned: Changes) {
    for (key, value) in planned {
        match value {
            Some(value) => records.insert(key, value),
            None => records.remove(&key),
        };
    }
}

impl Shared {
    fn run(&self) {
        while let Some(group) = self.take_group() {
            let outcomes = self.commit_group(&group);
            for (batch, outcome) in group.iter().zip(&outcomes) {
                batch.complete(outcome);
            }
        }
    }

    /// Waits for batches, at least one and as many as make a group. `None`: the store is closed and none is left.
    fn take_group(&self) -> Option<Vec<Batch>> {
        let waiting = |queue: &mut Queue| queue.batches.is_empty() && !queue.closing;
        let mut queue = self.queued.wait_while(lock(&self.queue), waiting).unwrap_or_else(PoisonError::into_inner);
        let mut size = 0;
        let fits = |batch: &&Batch| {
            size += batch.content.len();
            size <= GROUP_BYTES
        };
        let count = queue.batches.iter().take_while(fits).count().max(1).min(queue.batches.len());
        let group: Vec<Batch> = queue.batches.drain(..count).collect();
        Some(group).filter(|group| !group.is_empty())
    }

    /// When they cannot be written together, one by one, so that it is the one that does not fit that fails.
    fn commit_group(&self, group: &[Batch]) -> Vec<Result<(), Failure>> {
        let mut writer = lock(&self.writer);
        if group.len() > 1 && !writer.failed {
            if let Ok(outcomes) = self.write_group(&mut writer, group) {
                return outcomes;
            }
        }
        group.chunks(1).map(|alone| self.write_alone(&mut writer, alone)).collect()
    }

    fn write_alone(&self, writer: &mut Writer, alone: &[Batch]) -> Result<(), Failure> {
        if writer.failed {
            return Err(Failure::new(AR_ABORTED, "a batch before it failed", ""));
        }
        match self.write_group(writer, alone) {
            Ok(outcomes) => outcomes.into_iter().collect(),
            Err(why) => {
                writer.failed = true;
                Err(why)
            }
        }
    }

    /// Writes the batches together, but for those that meet a key that is there: how each ended. Or none of them.
    fn write_group(&self, writer: &mut Writer, group: &[Batch]) -> Result<Vec<Result<(), Failure>>, Failure> {
        let mut planned = Changes::new();
        let mut content = Vec::new();
        let mut outcomes = Vec::with_capacity(group.len());
        {
            let records = lock(&self.records);
            for batch in group {
                let outcome = plan(&batch.content, &mut planned, &records);
                if outcome.is_ok() {
                    content.extend_from_slice(&batch.content);
                }
                outcomes.push(outcome);
            }
        }
        if !content.is_empty() {
            writer.log.append(&content)?;
        }
        keep(&mut lock(&self.records), planned);
        Ok(outcomes)
    }
}

// ---- The interface ----

fn open_store(host: *const ar_host, location: &str) -> Result<Store, Failure> {
    let mut records = Records::new();
    let (log, torn) = Log::open(PathBuf::from(format!("{location}.log")), |content| {
        let mut planned = Changes::new();
        plan(content, &mut planned, &records).ok()?;
        keep(&mut records, planned);
        Some(())
    })?;
    if torn > 0 {
        let message = "what was being written when the process ended is cut off";
        // SAFETY: the host is there until `deinit`.
        unsafe { agentroom::log(host, AR_LOG_WARN, message) };
    }
    let shared = Arc::new(Shared {
        queue: Mutex::default(),
        queued: Condvar::new(),
        records: Mutex::new(records),
        writer: Mutex::new(Writer { log, failed: false }),
    });
    let own = Arc::clone(&shared);
    let thread = Builder::new()
        .spawn(move || own.run())
        .map_err(|why| Failure::new(AR_INTERNAL, format!("cannot start a thread: {why}"), ""))?;
    Ok(Store { shared, thread: Some(thread) })
}

unsafe extern "C" fn open(
    host: *const ar_host,
    params: *const ar_store_open_params,
    out: *mut *mut ar_store,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let params = &*params;
        if !params.config.as_str()?.trim().is_empty() {
            return Err(Failure::new(AR_INVALID, "there are no keys; expected an empty table", ""));
        }
        if params.flags & AR_STORE_OPEN_READ_ONLY != 0 {
            return Err(Failure::new(AR_UNSUPPORTED, "this store cannot be opened to be read only", ""));
        }
        let location = params.location.as_str()?;
        if location.is_empty() {
            return Err(Failure::new(AR_INVALID, "the store needs a location for its file", ""));
        }
        *out = Box::into_raw(Box::new(open_store(host, location)?)) as *mut ar_store;
        Ok(())
    })
}

/// Completes what was accepted.
unsafe extern "C" fn close(this: *mut ar_store) {
    let mut store = Box::from_raw(this as *mut Store);
    lock(&store.shared.queue).closing = true;
    store.shared.queued.notify_one();
    if let Some(thread) = store.thread.take() {
        let _ = thread.join();
    }
}

/// The engine thread alone calls what follows.
unsafe fn shared_of<'a>(this: *mut ar_store) -> &'a Shared {
    &(*(this as *const Store)).shared
}

unsafe extern "C" fn get(
    this: *mut ar_store,
    key: ar_bytes,
    visit: ar_store_visit,
    ctx: *mut c_void,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let records = lock(&shared_of(this).records);
        let value =
            records.get(key.as_slice()).ok_or_else(|| Failure::new(AR_NOT_FOUND, "the key is not there", ""))?;
        visit(ctx, key, ar_bytes::of(value));
        Ok(())
    })
}

unsafe extern "C" fn scan(
    this: *mut ar_store,
    prefix: ar_bytes,
    after: ar_bytes,
    limit: u64,
    visit: ar_store_visit,
    ctx: *mut c_void,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let (prefix, after) = (prefix.as_slice(), after.as_slice());
        let from = if !after.is_empty() && after >= prefix { Excluded(after) } else { Included(prefix) };
        let limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
        let records = lock(&shared_of(this).records);
        let found = records.range::<[u8], _>((from, Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
        for (key, value) in found.take(limit) {
            if visit(ctx, ar_bytes::of(key), ar_bytes::of(value)) == 0 {
                break;
            }
        }
        Ok(())
    })
}

/// An operation whose sizes are right.
unsafe fn checked(op: &ar_store_op) -> Result<Op<'_>, Failure> {
    if op.kind > AR_STORE_PUT_IF_ABSENT {
        return Err(Failure::new(AR_INVALID, "expected an operation of a known kind", ""));
    }
    if op.key.size == 0 || op.key.size > AR_STORE_MAX_KEY as usize {
        return Err(Failure::new(AR_INVALID, format!("expected a key of 1 to {AR_STORE_MAX_KEY} bytes"), ""));
    }
    if op.kind == AR_STORE_DELETE {
        return Ok(Op::Delete(op.key.as_slice()));
    }
    if op.value.size > AR_STORE_MAX_VALUE as usize {
        return Err(Failure::new(AR_TOO_LARGE, format!("expected a value of at most {AR_STORE_MAX_VALUE} bytes"), ""));
    }
    match op.kind {
        AR_STORE_PUT => Ok(Op::Put(op.key.as_slice(), op.value.as_slice())),
        _ => Ok(Op::PutIfAbsent(op.key.as_slice(), op.value.as_slice())),
    }
}

unsafe fn encode(ops: &[ar_store_op]) -> Result<Vec<u8>, Failure> {
    let mut size = 0;
    for op in ops {
        size += checked(op)?.encoded_size();
        if size > MAX_CONTENT {
            return Err(Failure::new(AR_TOO_LARGE, format!("expected a batch of at most {MAX_CONTENT} bytes"), ""));
        }
    }
    let mut content = Vec::with_capacity(size);
    for op in ops {
        checked(op)?.encode(&mut content);
    }
    Ok(content)
}

unsafe extern "C" fn commit(
    this: *mut ar_store,
    ops: *const ar_store_op,
    count: usize,
    done: ar_store_done,
    ctx: *mut c_void,
    error: *mut ar_error,
) -> ar_status {
    guarded(error, || {
        let ops = if count == 0 { &[] } else { std::slice::from_raw_parts(ops, count) };
        let content = encode(ops)?;
        let shared = shared_of(this);
        lock(&shared.queue).batches.push_back(Batch { content, done, ctx });
        shared.queued.notify_one();
        Ok(())
    })
}

unsafe extern "C" fn resume(this: *mut ar_store, error: *mut ar_error) -> ar_status {
    guarded(error, || {
        let mut writer = lock(&shared_of(this).writer);
        if writer.log.has_litter {
            writer.log.cut()?;
        }
        writer.failed = false;
        Ok(())
    })
}

unsafe extern "C" fn init(_host: *const ar_host, _error: *mut ar_error) -> ar_status {
    AR_OK
}

unsafe extern "C" fn get_interface(name: *const c_char) -> *const c_void {
    if names(name, AR_INTERFACE_STORE) {
        &STORE as *const ar_store_interface as *const c_void
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn deinit() {}

/// What comes behind `resume` is optional.
static STORE: ar_store_interface = ar_store_interface {
    struct_size: size_of_struct::<ar_store_interface>(),
    open,
    close,
    get,
    scan,
    commit,
    resume,
    check: None,
    size: None,
    compact: None,
    backup: None,
};

static PLUGIN: ar_plugin = ar_plugin {
    struct_size: size_of_struct::<ar_plugin>(),
    abi_major: AR_ABI_MAJOR,
    abi_minor: AR_ABI_MINOR,
    id: b"@ID@\0".as_ptr() as *const c_char,
    version: b"0.1.0\0".as_ptr() as *const c_char,
    kinds: b"store\0".as_ptr() as *const c_char,
    init,
    get_interface,
    deinit,
};

#[no_mangle]
pub extern "C" fn agentroom_plugin_entry() -> *const ar_plugin {
    &PLUGIN
}
