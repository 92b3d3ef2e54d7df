// SPDX-License-Identifier: MIT
//! Peer `arcswap`: ArcSwap of the crate arc-swap, which keeps the readers' debts as cow does. A borrow is load(), something
//! to be kept load_full(), a cached read a Cache. `Peer` is cell_peer of cell_peer.h, field by field.
use arc_swap::{ArcSwap, Cache};
use std::ffi::c_void;
use std::sync::Arc;

type Array = Vec<u64>;
type Mine = Cache<&'static ArcSwap<Array>, Arc<Array>>;

type Read = extern "C" fn(*mut c_void, usize) -> u64;
type Write = extern "C" fn(*mut c_void, u64, usize);
type Hook = extern "C" fn(*mut c_void);

#[repr(C)]
pub struct Hooks {
    open: extern "C" fn(usize, i32),
    join: Option<extern "C" fn() -> *mut c_void>,
    leave: Option<Hook>,
    rest: Option<Hook>,
    wake: Option<Hook>,
    drain: Option<Hook>,
}

#[repr(C)]
pub struct Peer {
    name: *const u8,
    borrow: Option<Read>,
    strong: Option<Read>,
    cached: Option<Read>,
    replace: Option<Write>,
    hooks: Hooks,
    only_writes: bool,
    patience: i32,
}
unsafe impl Sync for Peer {}

extern "C" {
    static cell_numbers: *const u64;
}

const KINDS: u64 = 61;

static mut CELL: Option<ArcSwap<Array>> = None;
static mut N: usize = 0;

// Made before there is any thread.
fn cell() -> &'static ArcSwap<Array> {
    unsafe { CELL.as_ref().unwrap_unchecked() }
}

fn copy(version: u64) -> Arc<Array> {
    let source = unsafe { std::slice::from_raw_parts(cell_numbers.add((version % KINDS) as usize), N) };
    Arc::new(source.to_vec())
}

fn sum(array: &Array) -> u64 {
    array.iter().fold(0, |sum, &x| sum.wrapping_add(x))
}

extern "C" fn open(n: usize, _threads: i32) {
    unsafe {
        N = n;
        CELL = Some(ArcSwap::new(copy(0)));
    }
}

// What a thread remembers: nothing, before its first cached read.
extern "C" fn join() -> *mut c_void {
    Box::into_raw(Box::new(None as Option<Mine>)) as *mut c_void
}

extern "C" fn leave(me: *mut c_void) {
    drop(unsafe { Box::from_raw(me as *mut Option<Mine>) });
}

extern "C" fn borrow(_me: *mut c_void, count: usize) -> u64 {
    (0..count).fold(0, |total: u64, _| total.wrapping_add(sum(&cell().load())))
}

extern "C" fn strong(_me: *mut c_void, count: usize) -> u64 {
    (0..count).fold(0, |total: u64, _| total.wrapping_add(sum(&cell().load_full())))
}

extern "C" fn cached(me: *mut c_void, count: usize) -> u64 {
    let mine = unsafe { &mut *(me as *mut Option<Mine>) }.get_or_insert_with(|| Cache::new(cell()));
    (0..count).fold(0, |total: u64, _| total.wrapping_add(sum(mine.load())))
}

extern "C" fn replace(_me: *mut c_void, begin: u64, count: usize) {
    for version in begin..begin + count as u64 {
        cell().store(copy(version));
    }
}

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static cell_arcswap: Peer = Peer {
    name: b"arcswap\0".as_ptr(),
    borrow: Some(borrow),
    strong: Some(strong),
    cached: Some(cached),
    replace: Some(replace),
    hooks: Hooks { open, join: Some(join), leave: Some(leave), rest: None, wake: None, drain: None },
    only_writes: false,
    patience: 1,
};
