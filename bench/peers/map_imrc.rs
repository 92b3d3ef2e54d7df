// SPDX-License-Identifier: MIT
//! Peer `imrc`: HashMap of im-rc, the persistent map Rust programs use; it counts references without atomics, so its maps
//! stay in one thread. Hashes are its default, SipHash with a random key. The loops are those of map_loops.h, and
//! `Run` is bench_run of harness.h, field by field.
use im_rc::HashMap;
use std::arch::asm;
use std::ffi::c_void;
use std::hash::Hash;

#[repr(C)]
pub struct Run {
    n: usize,
    reps: usize,
    blocks: usize,
    block_len: usize,
    threads: i32,
    indices: *const u32,
    index_count: usize,
    text: *const u8,
    text_size: usize,
    needle: *const u8,
    needle_size: usize,
    numbers: *const u64,
    ready: *mut c_void,
    operations: u64,
    checksum: u64,
    kept_bytes: u64,
    wall_ns: u64,
    cpu_ns: u64,
    wall_from: u64,
    cpu_from: u64,
}

type Loop = extern "C" fn(&mut Run);

#[repr(C)]
pub struct Peer {
    name: *const u8,
    loops: [Option<Loop>; 15],
}
unsafe impl Sync for Peer {}

extern "C" {
    fn bench_start_call(run: *mut Run);
    fn bench_stop_call(run: *mut Run);
    fn bench_heap_bytes() -> usize;
}

fn start(run: &mut Run) {
    unsafe { bench_start_call(run) }
}

fn stop(run: &mut Run) {
    unsafe { bench_stop_call(run) }
}

// BENCH_USE of harness.h: the compiler must believe that all memory is read and written here.
fn show<T>(what: &T) {
    unsafe { asm!("/* {0} */", in(reg) what as *const T) }
}

// ---- what map_peer.h says ----

const RING: usize = 16;
const SEEN: usize = 64;
const CHANGED: usize = 100;
const STRIDE: usize = 7919;
const TINY: usize = 1000;
const TINY_COUNT: usize = 1000;
const SNAP10_WRITES: usize = 20000;

fn value(i: usize) -> u64 {
    i as u64 + 1
}

fn persist_writes(n: usize) -> usize {
    n.min(10000)
}

fn snap1000_writes(n: usize) -> usize {
    n.clamp(1000, 100000)
}

fn mix(number: u64, value: u64) -> u64 {
    (number.wrapping_mul(0x9E3779B97F4A7C15) ^ value).wrapping_mul(0xD6E8FEB86659FD93)
}

fn value_then(n: usize, write: usize, when: usize, original: u64) -> u64 {
    let key = write % n;
    if key >= when {
        return original;
    }
    value(n + key + (when - 1 - key) / n * n)
}

pub trait Key: Hash + Eq + Clone + 'static {
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Key for u64 {
    fn of(number: u64) -> Self {
        number
    }
    fn number(&self) -> u64 {
        *self
    }
}

impl Key for String {
    fn of(number: u64) -> Self {
        format!("{:016x}", number)
    }
    fn number(&self) -> u64 {
        u64::from_str_radix(self, 16).unwrap()
    }
}

type Map<K> = HashMap<K, u64>;

// What the repetitions of a sample share; made once in a process, never freed.
struct Ready<K> {
    keys: Vec<K>,
    shuffled: Vec<K>,
    absent: Vec<K>,
    full: Map<K>,
    bytes: u64,
    entries: u64,
}

fn ready<K: Key>(run: &mut Run) -> &'static mut Ready<K> {
    if run.ready.is_null() {
        let fresh = Ready::<K> {
            keys: Vec::new(),
            shuffled: Vec::new(),
            absent: Vec::new(),
            full: Map::new(),
            bytes: 0,
            entries: 0,
        };
        run.ready = Box::into_raw(Box::new(fresh)) as *mut c_void;
    }
    unsafe { &mut *(run.ready as *mut Ready<K>) }
}

fn numbers(run: &Run, from: usize) -> &'static [u64] {
    unsafe { std::slice::from_raw_parts(run.numbers.add(from), run.n) }
}

fn indices(run: &Run) -> &'static [u32] {
    unsafe { std::slice::from_raw_parts(run.indices, run.n) }
}

fn make_keys<K: Key>(numbers: &[u64]) -> Vec<K> {
    numbers.iter().map(|&number| K::of(number)).collect()
}

fn keys<K: Key>(run: &mut Run) -> &'static [K] {
    let ready = ready::<K>(run);
    if ready.keys.is_empty() {
        ready.keys = make_keys(numbers(run, 0));
    }
    &ready.keys
}

fn shuffled<K: Key>(run: &mut Run) -> &'static [K] {
    let ready = ready::<K>(run);
    if ready.shuffled.is_empty() {
        let all = numbers(run, 0);
        ready.shuffled = indices(run).iter().map(|&i| K::of(all[i as usize])).collect();
    }
    &ready.shuffled
}

fn absent<K: Key>(run: &mut Run) -> &'static [K] {
    let ready = ready::<K>(run);
    if ready.absent.is_empty() {
        ready.absent = make_keys(numbers(run, run.n));
    }
    &ready.absent
}

fn fill<K: Key>(map: &mut Map<K>, keys: &[K]) {
    for (i, key) in keys.iter().enumerate() {
        map.insert(key.clone(), value(i));
    }
}

fn full<K: Key>(run: &mut Run) -> &'static Map<K> {
    let keys = keys::<K>(run);
    let ready = ready::<K>(run);
    if ready.full.is_empty() {
        fill(&mut ready.full, keys);
    }
    &ready.full
}

fn sum<K: Key>(map: &Map<K>) -> u64 {
    map.iter().map(|(_, &value)| value).fold(0, u64::wrapping_add)
}

fn checksum<K: Key>(map: &Map<K>) -> u64 {
    map.iter().map(|(key, &value)| mix(key.number(), value)).fold(0, u64::wrapping_add)
}

// ---- building and giving up ----

extern "C" fn bulk<K: Key>(run: &mut Run) {
    let keys = keys::<K>(run);
    for rep in 0..run.reps {
        start(run);
        let mut map = Map::new();
        fill(&mut map, keys);
        show(&map);
        stop(run);
        if rep + 1 == run.reps {
            run.checksum = checksum(&map).wrapping_add(map.len() as u64);
        }
    }
    run.operations = (run.reps * run.n) as u64;
}

extern "C" fn erase<K: Key>(run: &mut Run) {
    let keys = keys::<K>(run);
    let victims = shuffled::<K>(run);
    for _ in 0..run.reps {
        let mut map = Map::new();
        let mut erased = 0;
        fill(&mut map, keys);
        start(run);
        for key in victims {
            erased += map.remove(key).is_some() as u64;
        }
        show(&map);
        stop(run);
        run.checksum = erased - map.len() as u64;
    }
    run.operations = (run.reps * run.n) as u64;
}

extern "C" fn give_up<K: Key>(run: &mut Run) {
    let keys = keys::<K>(run);
    for _ in 0..run.reps {
        let mut map = Map::new();
        fill(&mut map, keys);
        run.checksum = map.len() as u64;
        start(run);
        drop(map);
        stop(run);
    }
    run.operations = (run.reps * run.n) as u64;
}

extern "C" fn bytes<K: Key>(run: &mut Run) {
    let count = if run.n < TINY { TINY_COUNT } else { 1 };
    let ready = ready::<K>(run);
    if ready.bytes == 0 {
        let mut maps: Vec<Map<K>> = Vec::with_capacity(count);
        let before = unsafe { bench_heap_bytes() };
        for i in 0..count {
            let mut map = Map::new();
            fill(&mut map, &make_keys(numbers(run, i * run.n)));
            ready.entries += map.len() as u64;
            maps.push(map);
        }
        ready.bytes = unsafe { bench_heap_bytes() - before } as u64;
        std::mem::forget(maps);
    }
    run.kept_bytes = ready.bytes;
    run.operations = (count * run.n) as u64;
    run.checksum = ready.entries;
}

// ---- reading ----

fn look_up<K: Key>(run: &mut Run, probes: &[K]) {
    let map = full::<K>(run);
    start(run);
    for _ in 0..run.reps {
        let mut sum = 0;
        show(map);
        for key in probes {
            sum += map.get(key).copied().unwrap_or(0);
        }
        show(&sum);
        run.checksum = sum;
    }
    stop(run);
    run.operations = (run.reps * run.n) as u64;
}

extern "C" fn hit<K: Key>(run: &mut Run) {
    let probes = shuffled::<K>(run);
    look_up(run, probes);
}

extern "C" fn miss<K: Key>(run: &mut Run) {
    let probes = absent::<K>(run);
    look_up(run, probes);
}

extern "C" fn iterate<K: Key>(run: &mut Run) {
    let map = full::<K>(run);
    start(run);
    for _ in 0..run.reps {
        show(map);
        run.checksum = sum(map);
    }
    stop(run);
    run.operations = (run.reps * run.n) as u64;
}

extern "C" fn snapshot<K: Key>(run: &mut Run) {
    let map = full::<K>(run);
    let mut seen = 0;
    start(run);
    for _ in 0..run.reps {
        let copy = map.clone();
        show(&copy);
        seen += copy.len();
    }
    stop(run);
    run.operations = run.reps as u64;
    run.checksum = (seen / run.reps) as u64;
}

extern "C" fn eq_independent<K: Key>(run: &mut Run) {
    let map = full::<K>(run);
    let keys = keys::<K>(run);
    let mut other = Map::new();
    let mut equal = 0;
    for i in (0..run.n).rev() {
        other.insert(keys[i].clone(), value(i));
    }
    start(run);
    for _ in 0..run.reps {
        show(&other);
        equal += (*map == other) as usize;
    }
    stop(run);
    other.insert(keys[run.n / 2].clone(), 0);
    run.checksum = (equal == run.reps && *map != other) as u64;
    run.operations = (run.reps * run.n) as u64;
}

// ---- versions ----

fn persisting<K: Key>(run: &mut Run, keys: &[K], write: impl Fn(&Map<K>, &K, usize) -> Map<K>) {
    let full = full::<K>(run);
    let writes = persist_writes(run.n);
    for rep in 0..run.reps {
        let mut map = full.clone();
        start(run);
        for (i, key) in keys[..writes].iter().enumerate() {
            map = write(&map, key, i);
        }
        stop(run);
        if rep + 1 == run.reps {
            let whole = checksum(full).wrapping_mul(31);
            run.checksum = checksum(&map).wrapping_add(map.len() as u64).wrapping_add(whole);
        }
    }
    run.operations = (run.reps * writes) as u64;
}

extern "C" fn persist_insert<K: Key>(run: &mut Run) {
    let keys = absent::<K>(run);
    let n = run.n;
    persisting(run, keys, |map, key, i| map.update(key.clone(), value(n + i)));
}

extern "C" fn persist_erase<K: Key>(run: &mut Run) {
    let keys = shuffled::<K>(run);
    persisting(run, keys, |map, key, _| map.without(key));
}

struct Writing<K: 'static> {
    keys: &'static [K],
    writes: usize,
    every: usize,
    absent: bool,
}

fn write_under_snapshots<K: Key>(n: usize, w: &Writing<K>, map: &mut Map<K>, ring: &mut Vec<Map<K>>) {
    let (mut i, mut key, mut taken) = (0, 0, 0);
    while i < w.writes {
        if taken < RING {
            ring.push(map.clone());
        } else {
            ring[taken % RING] = map.clone();
        }
        taken += 1;
        let end = (i + w.every).min(w.writes);
        while i < end {
            map.insert(w.keys[key].clone(), value(n + i));
            key = if key + 1 == n { 0 } else { key + 1 };
            i += 1;
        }
    }
}

fn ring_is_right<K: Key>(run: &Run, w: &Writing<K>, ring: &[Map<K>], taken: usize) -> bool {
    let mut right = true;
    for s in taken.saturating_sub(RING)..taken {
        for j in 0..SEEN {
            let write = w.writes - 1 - j * w.every / 2 % w.writes;
            let key = write % run.n;
            let original = if w.absent { 0 } else { value(indices(run)[key] as usize) };
            let then = value_then(run.n, write, s * w.every, original);
            right &= ring[s % RING].get(&w.keys[key]).copied().unwrap_or(0) == then;
        }
    }
    right
}

fn writing<K: Key>(run: &mut Run, w: Writing<K>) {
    let full = full::<K>(run);
    let taken = (w.writes + w.every - 1) / w.every;
    for rep in 0..run.reps {
        let mut map = full.clone();
        let mut ring = Vec::with_capacity(RING);
        start(run);
        write_under_snapshots(run.n, &w, &mut map, &mut ring);
        stop(run);
        if rep + 1 == run.reps {
            let right = ring_is_right(run, &w, &ring, taken);
            run.checksum = if right { checksum(&map).wrapping_add(map.len() as u64) } else { 0 };
        }
    }
    run.operations = (run.reps * w.writes) as u64;
}

extern "C" fn snap1000<K: Key>(run: &mut Run) {
    let keys = absent::<K>(run);
    let writes = snap1000_writes(run.n);
    writing(run, Writing { keys, writes, every: 1000, absent: true });
}

extern "C" fn snap10<K: Key>(run: &mut Run) {
    let keys = shuffled::<K>(run);
    writing(run, Writing { keys, writes: SNAP10_WRITES, every: 10, absent: false });
}

fn change<K: Key>(run: &mut Run, map: &mut Map<K>, back: bool) {
    let keys = shuffled::<K>(run);
    for i in 0..CHANGED {
        let key = i * STRIDE % run.n;
        map.insert(keys[key].clone(), if back { value(indices(run)[key] as usize) } else { 0 });
    }
}

extern "C" fn eq_shared<K: Key>(run: &mut Run) {
    let full = full::<K>(run);
    let mut map = full.clone();
    let mut equal = 0;
    change(run, &mut map, false);
    let differed = *full != map;
    change(run, &mut map, true);
    start(run);
    for _ in 0..run.reps {
        show(&map);
        equal += (*full == map) as usize;
    }
    stop(run);
    run.operations = run.reps as u64;
    run.checksum = (differed && equal == run.reps) as u64;
}

// In the order of map_peer.h. There is no comparison of versions that tells what differs.
macro_rules! peer {
    ($symbol:ident, $key:ty) => {
        #[no_mangle]
        #[allow(non_upper_case_globals)]
        pub static $symbol: Peer = Peer {
            name: b"imrc\0".as_ptr(),
            loops: [
                Some(bulk::<$key>),
                Some(hit::<$key>),
                Some(miss::<$key>),
                Some(iterate::<$key>),
                Some(erase::<$key>),
                Some(give_up::<$key>),
                Some(bytes::<$key>),
                Some(snapshot::<$key>),
                Some(persist_insert::<$key>),
                Some(persist_erase::<$key>),
                Some(snap1000::<$key>),
                Some(snap10::<$key>),
                None,
                Some(eq_shared::<$key>),
                Some(eq_independent::<$key>),
            ],
        };
    };
}

peer!(map_u64_imrc, u64);
peer!(map_str_imrc, String);
