/* SPDX-License-Identifier: MIT */
/* Peer `clojure`: clojure.lang.PersistentHashMap, called from Java as Clojure's own functions call it: keys and values
 * are objects, in-place phases are transients. The loops are those of map_loops.h.
 *
 * ClojureLoops u64|str warm_ms sample_ms
 * answers questions on its standard input, one a line: "case n" is answered by "wall_ns cpu_ns operations checksum bytes". A
 * sample repeats its loop for sample_ms, so long that the garbage it makes is also collected within it. The first question about a
 * case and an n is preceded by warm_ms of the same, so that it is compiled. */

import clojure.lang.AFn;
import clojure.lang.IPersistentMap;
import clojure.lang.ITransientMap;
import clojure.lang.PersistentHashMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashSet;
import java.util.Set;

public final class ClojureLoops {
    static final int RING = 16, SEEN = 64, CHANGED = 100, STRIDE = 7919, TINY = 1000, TINY_COUNT = 1000;
    static final int SNAP10_WRITES = 20000;

    static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    static boolean strings;

    /* What all cases of one n share. */
    static int n;
    static int[] indices;
    static Object[] keys, shuffled, absent;
    static IPersistentMap full;

    /* One measurement. */
    static long target; /* ns */
    static long wall, cpu, wallFrom, cpuFrom, operations, checksum, bytes;
    static Object shown;

    static void start() {
        cpuFrom = threads.getCurrentThreadCpuTime();
        wallFrom = System.nanoTime();
    }

    static void stop() {
        wall += System.nanoTime() - wallFrom;
        cpu += threads.getCurrentThreadCpuTime() - cpuFrom;
    }

    static boolean isShort() {
        return wall < target;
    }

    /* ---- what suite_map.c and map_peer.h say ---- */

    static long number(long i) {
        long z = (i + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    static int[] shuffledIndices() {
        int[] order = new int[n];
        long state = 42;
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            int j = (int) ((state >>> 33) % (i + 1));
            int other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        return order;
    }

    static Long value(long i) {
        return i + 1;
    }

    static long mix(long number, long value) {
        return (number * 0x9E3779B97F4A7C15L ^ value) * 0xD6E8FEB86659FD93L;
    }

    static long valueThen(int write, int when, long original) {
        int key = write % n;
        return key >= when ? original : value(n + key + (long) ((when - 1 - key) / n) * n);
    }

    static Object key(long number) {
        return strings ? String.format("%016x", number) : (Object) number;
    }

    static long numberOf(Object key) {
        return strings ? Long.parseUnsignedLong((String) key, 16) : (Long) key;
    }

    static void prepare(int newN) {
        if (newN == n) {
            return;
        }
        n = newN;
        indices = shuffledIndices();
        keys = new Object[n];
        shuffled = new Object[n];
        absent = new Object[n];
        for (int i = 0; i < n; i++) {
            keys[i] = key(number(i));
            shuffled[i] = key(number(indices[i]));
            absent[i] = key(number((long) n + i));
        }
        full = fill(keys);
    }

    static IPersistentMap fill(Object[] keys) {
        ITransientMap map = (ITransientMap) PersistentHashMap.EMPTY.asTransient();
        for (int i = 0; i < keys.length; i++) {
            map = map.assoc(keys[i], value(i));
        }
        return map.persistent();
    }

    static long get(IPersistentMap map, Object key) {
        Object found = map.valAt(key);
        return found == null ? 0 : (Long) found;
    }

    /* Goes over a map without making entries. */
    static final class Sum extends AFn {
        long sum;
        boolean mixed;

        @Override
        public Object invoke(Object self, Object key, Object value) {
            sum += mixed ? mix(numberOf(key), (Long) value) : (Long) value;
            return self;
        }
    }

    static long sum(IPersistentMap map) {
        Sum sum = new Sum();
        ((PersistentHashMap) map).kvreduce(sum, sum);
        return sum.sum;
    }

    static long checksumOf(IPersistentMap map) {
        Sum sum = new Sum();
        sum.mixed = true;
        ((PersistentHashMap) map).kvreduce(sum, sum);
        return sum.sum;
    }

    /* ---- the cases ---- */

    static void bulk() {
        IPersistentMap map;
        do {
            start();
            map = fill(keys);
            stop();
            operations += n;
        } while (isShort());
        checksum = checksumOf(map) + map.count();
    }

    static void lookUp(Object[] probes) {
        do {
            long sum = 0;
            start();
            for (Object key : probes) {
                sum += get(full, key);
            }
            stop();
            checksum = sum;
            operations += n;
        } while (isShort());
    }

    static void iterate() {
        do {
            start();
            checksum = sum(full);
            stop();
            operations += n;
        } while (isShort());
    }

    static void erase() {
        do {
            IPersistentMap whole = fill(keys);
            start();
            ITransientMap map = (ITransientMap) ((PersistentHashMap) whole).asTransient();
            for (Object key : shuffled) {
                map = map.without(key);
            }
            stop();
            checksum = n - map.count();
            operations += n;
        } while (isShort());
    }

    static long used() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /* Keys and values are objects of the map's own here. */
    static void bytes() {
        int count = n < TINY ? TINY_COUNT : Math.max(1, 100000 / n);
        Object[] maps = new Object[count];
        long before = used();
        for (int i = 0; i < count; i++) {
            Object[] own = new Object[n];
            for (int j = 0; j < n; j++) {
                own[j] = key(number((long) i * n + j));
            }
            maps[i] = fill(own);
        }
        bytes = used() - before;
        shown = maps;
        shown = null;
        operations = (long) count * n;
        checksum = n < TINY ? operations : n;
    }

    static void persisting(boolean inserting) {
        int writes = Math.min(n, 10000);
        IPersistentMap map;
        do {
            map = full;
            start();
            for (int i = 0; i < writes; i++) {
                map = inserting ? map.assoc(absent[i], value(n + i)) : map.without(shuffled[i]);
            }
            stop();
            operations += writes;
        } while (isShort());
        checksum = checksumOf(map) + map.count() + 31 * checksumOf(full);
    }

    static IPersistentMap writeUnderSnapshots(Object[] keys, int writes, int every, IPersistentMap[] ring) {
        IPersistentMap map = full;
        for (int i = 0, key = 0, taken = 0; i < writes; taken++) {
            ring[taken % RING] = map;
            ITransientMap open = (ITransientMap) ((PersistentHashMap) map).asTransient();
            for (int end = i + every; i < end && i < writes; i++) {
                open = open.assoc(keys[key], value(n + i));
                key = key + 1 == n ? 0 : key + 1;
            }
            map = open.persistent();
        }
        return map;
    }

    static boolean ringIsRight(IPersistentMap[] ring, Object[] keys, int writes, int every, boolean absent) {
        int taken = (writes + every - 1) / every;
        boolean right = true;
        for (int s = Math.max(0, taken - RING); s < taken; s++) {
            for (int j = 0; j < SEEN; j++) {
                int write = writes - 1 - j * every / 2 % writes;
                long original = absent ? 0 : value(indices[write % n]);
                right &= get(ring[s % RING], keys[write % n]) == valueThen(write, s * every, original);
            }
        }
        return right;
    }

    static void writing(Object[] keys, int writes, int every, boolean absent) {
        IPersistentMap[] ring = new IPersistentMap[RING];
        IPersistentMap map;
        do {
            start();
            map = writeUnderSnapshots(keys, writes, every, ring);
            stop();
            operations += writes;
        } while (isShort());
        checksum = ringIsRight(ring, keys, writes, every, absent) ? checksumOf(map) + map.count() : 0;
    }

    static IPersistentMap changed(IPersistentMap map, boolean back) {
        for (int i = 0; i < CHANGED; i++) {
            int key = (int) ((long) i * STRIDE % n);
            map = map.assoc(shuffled[key], back ? value(indices[key]) : (Long) 0L);
        }
        return map;
    }

    static void equality(IPersistentMap other, IPersistentMap different, long each) {
        boolean equal = true;
        do {
            start();
            equal &= full.equiv(other);
            stop();
            operations += each;
        } while (isShort());
        checksum = equal && !full.equiv(different) ? 1 : 0;
    }

    static void equalityOfShared() {
        IPersistentMap different = changed(full, false);
        equality(changed(different, true), different, 1);
    }

    static void equalityOfIndependent() {
        ITransientMap open = (ITransientMap) PersistentHashMap.EMPTY.asTransient();
        for (int i = n - 1; i >= 0; i--) {
            open = open.assoc(keys[i], value(i));
        }
        IPersistentMap other = open.persistent();
        equality(other, other.assoc(keys[n / 2], 0L), n);
    }

    static void run(String name, String ms) {
        wall = cpu = operations = checksum = bytes = 0;
        target = Long.parseLong(ms) * 1000000;
        switch (name) {
            case "bulk": bulk(); break;
            case "hit": lookUp(shuffled); break;
            case "miss": lookUp(absent); break;
            case "iterate": iterate(); break;
            case "erase": erase(); break;
            case "bytes": bytes(); break;
            case "persist_insert": persisting(true); break;
            case "persist_erase": persisting(false); break;
            case "snap1000": writing(absent, Math.max(1000, Math.min(n, 100000)), 1000, true); break;
            case "snap10": writing(shuffled, SNAP10_WRITES, 10, false); break;
            case "eq_shared": equalityOfShared(); break;
            case "eq_independent": equalityOfIndependent(); break;
            default: throw new IllegalArgumentException(name);
        }
    }

    public static void main(String[] argument) throws IOException {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
        Set<String> warmed = new HashSet<>();
        strings = argument[0].equals("str");
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] part = line.split(" ");
            prepare(Integer.parseInt(part[1]));
            if (warmed.add(line) && !part[0].equals("bytes")) {
                run(part[0], argument[1]);
            }
            run(part[0], argument[2]);
            System.out.println(wall + " " + cpu + " " + operations + " " + Long.toUnsignedString(checksum) + " " + bytes);
        }
    }
}
