/* SPDX-License-Identifier: MIT */
/* Peer `clojure`: Clojure's persistent map in an atom, driven by the protocol of snapshot_job.c for a table. swap! with a
 * function that puts a new record into the map is an edit, deref is the snapshot; there is no lock.
 *
 * ClojureMapBench readers held warm_s full_speed_s paced_s rate hold_every_ms spin <registry
 * reads what bench_registry_write wrote and prints one "metric value" a line. What is no concern of the map comes from
 * CowalBench. */

import clojure.lang.AFn;
import clojure.lang.Atom;
import clojure.lang.IKVReduce;
import clojure.lang.IPersistentMap;
import clojure.lang.ITransientMap;
import clojure.lang.PersistentHashMap;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

public final class ClojureMapBench {
    static final long EDIT_FACTOR = 0x5851F42DL;
    static final int EDITS_IN_CHECKSUM = 1000;

    static final class Vendor {
        final String name, address;
        final long edits, amount;

        Vendor(String name, String address, long edits, long amount) {
            this.name = name;
            this.address = address;
            this.edits = edits;
            this.amount = amount;
        }
    }

    /* (fn [m k amount] (assoc m k (edited (m k) amount))) */
    static final class Edit extends AFn {
        @Override
        public Object invoke(Object map, Object key, Object amount) {
            IPersistentMap m = (IPersistentMap) map;
            Vendor v = (Vendor) m.valAt(key);
            return m.assoc(key, new Vendor(v.name, v.address, v.edits + 1, v.amount + (Long) amount));
        }
    }

    static final Edit edit = new Edit();
    static final com.sun.management.ThreadMXBean allocations =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    static Long[] keys;
    static IPersistentMap unedited;
    static long texts; /* the checksum of a table without edits */
    static int readers, held, holdEveryMs;
    static double warm, fullSpeed, paced, rate;
    static boolean spin;

    static volatile Atom table;

    /* Strings of one byte a character, whatever the bytes are. */
    static String readText(DataInputStream in, int length) throws IOException {
        return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    static void readRegistry() throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        keys = new Long[in.readInt()];
        ITransientMap map = PersistentHashMap.EMPTY.asTransient();
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (long) in.readInt();
            int nameLength = in.readInt(), addressLength = in.readInt();
            map = map.assoc(keys[i], new Vendor(readText(in, nameLength), readText(in, addressLength), 0, 0));
        }
        unedited = map.persistent();
        texts = new Scan(unedited).checksum();
    }

    /* The rule of registry.h. */
    static void write(long i) {
        long x = (i + 1) * 0x9E3779B97F4A7C15L;
        x = (x ^ x >>> 32) * 0xD6E8FEB86659FD93L;
        table.swap(edit, keys[(int) ((x >>> 32) * keys.length >>> 32)], (2 * i + 1) * EDIT_FACTOR);
    }

    static long endsOf(String s) {
        return s.isEmpty() ? 0 : s.charAt(0) + 3 * s.charAt(s.length() - 1);
    }

    /* What a scan of a snapshot finds: reduce-kv, which is faster than an iterator. */
    static final class Scan extends AFn {
        long edits, amounts, ends, letters;

        Scan(Object snapshot) {
            ((IKVReduce) snapshot).kvreduce(this, this);
        }

        @Override
        public Object invoke(Object sums, Object key, Object value) {
            Vendor v = (Vendor) value;
            edits += v.edits;
            amounts += v.amount;
            ends += endsOf(v.name) + endsOf(v.address);
            letters += v.name.length() + v.address.length();
            return sums;
        }

        long checksum() {
            return amounts + ends + letters * CowalBench.LETTER;
        }

        void check() {
            if (checksum() != edits * edits * EDIT_FACTOR + texts) {
                CowalBench.fail("a scan of " + edits + " edits has a wrong checksum");
            }
        }
    }

    static final class Reader extends Thread {
        final CowalBench.Times takeDrop = new CowalBench.Times();
        long wall, cpu, scans;

        void scanOnce(boolean record) {
            long begin = System.nanoTime();
            Object snapshot = table.deref();
            long taken = System.nanoTime();
            long cpuBegin = CowalBench.threads.getCurrentThreadCpuTime();
            long scanBegin = System.nanoTime();
            Scan scan = new Scan(snapshot);
            long scanned = System.nanoTime();
            long cpuEnd = CowalBench.threads.getCurrentThreadCpuTime();
            scan.check();
            if (record) {
                takeDrop.add(taken - begin);
                wall += scanned - scanBegin;
                cpu += cpuEnd - cpuBegin;
                scans++;
            }
        }

        @Override
        public void run() {
            for (int p = CowalBench.phase; p != CowalBench.STOP; p = CowalBench.phase) {
                scanOnce(p == CowalBench.MEASURE);
            }
        }
    }

    static final class Writer extends Thread {
        final boolean isPaced;
        final CowalBench.Times latency = new CowalBench.Times();
        long position, writes, writeNs, late, allocated;

        Writer(boolean isPaced) {
            this.isPaced = isPaced;
        }

        void writeAtFullSpeed(int now) {
            long begin = System.nanoTime(), first = position;
            while (CowalBench.phase == now) {
                write(position++);
            }
            writes = position - first;
            writeNs = System.nanoTime() - begin;
        }

        void waitUntil(long when) {
            for (long left = when - System.nanoTime(); left > 0; left = when - System.nanoTime()) {
                if (spin) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(left);
                }
            }
        }

        void writePaced(int now) {
            double period = 1e9 / rate;
            long start = System.nanoTime(), i = 0;
            for (; CowalBench.phase == now; i++) {
                long due = start + (long) (i * period);
                waitUntil(due);
                if (CowalBench.phase != now) {
                    break;
                }
                write(position++);
                if (now == CowalBench.MEASURE) {
                    latency.add(System.nanoTime() - due);
                    writes++;
                }
            }
            long end = System.nanoTime();
            for (; now == CowalBench.MEASURE && start + (long) ((i + 1) * period) <= end; i++) {
                latency.add(end - start - (long) (i * period));
                late++;
            }
        }

        @Override
        public void run() {
            for (int now = CowalBench.WARM_UP; now < CowalBench.STOP; now++) {
                while (CowalBench.phase < now) {
                    Thread.onSpinWait();
                }
                long before = allocations.getCurrentThreadAllocatedBytes();
                if (isPaced) {
                    writePaced(now);
                } else {
                    writeAtFullSpeed(now);
                }
                allocated = allocations.getCurrentThreadAllocatedBytes() - before;
            }
        }
    }

    /* The held snapshots, renewed by the main thread. */
    static final class Keeper {
        final Object[] ring = new Object[held];
        final CowalBench.Times takeDrop = new CowalBench.Times();
        int oldest;

        Keeper() {
            for (int i = 0; i < held; i++) {
                ring[i] = table.deref();
            }
        }

        void holdNext(boolean record) {
            if (held == 0) {
                return;
            }
            long begin = System.nanoTime();
            ring[oldest] = table.deref();
            if (record) {
                takeDrop.add(System.nanoTime() - begin);
            }
            oldest = (oldest + 1) % held;
        }

        void check() {
            for (Object snapshot : ring) {
                new Scan(snapshot).check();
            }
        }
    }

    /* Until the time is over; returns the largest Pss seen meanwhile. */
    static double watch(double seconds, boolean memory, Keeper keeper) throws IOException, InterruptedException {
        double peak = 0;
        long end = System.nanoTime() + (long) (seconds * 1e9), tick = holdEveryMs / 2, i = 1;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime(), i++) {
            Thread.sleep(Math.min(tick, left / 1000000 + 1));
            if (i % 2 == 0) {
                keeper.holdNext(CowalBench.phase == CowalBench.MEASURE);
            }
            peak = memory ? Math.max(peak, CowalBench.pss()) : peak;
        }
        return peak;
    }

    static void printReaders(Reader[] all, Keeper keeper, double seconds) {
        CowalBench.Times takeDrop = readers == 0 ? keeper.takeDrop : new CowalBench.Times();
        double wall = 0, cpu = 0, scans = 0;
        for (Reader reader : all) {
            wall += reader.wall;
            cpu += reader.cpu;
            scans += reader.scans;
            takeDrop.addAll(reader.takeDrop);
        }
        if (scans > 0) {
            CowalBench.print("time", wall / scans / keys.length);
            CowalBench.print("cpu", cpu / scans / keys.length);
        }
        if (readers > 0) {
            CowalBench.print("scans", scans / seconds);
        }
        if (takeDrop.count > 0) {
            CowalBench.print("take_drop", takeDrop.quantile(0.5));
            CowalBench.print("take_drop_mean", takeDrop.mean());
        }
    }

    static void printLatencies(Writer writer) {
        CowalBench.print("latency_p50", writer.latency.quantile(0.5));
        CowalBench.print("latency_p99", writer.latency.quantile(0.99));
        CowalBench.print("latency_p999", writer.latency.quantile(0.999));
        CowalBench.print("latency_max", writer.latency.quantile(1));
        CowalBench.print("late", 1000.0 * writer.late / Math.max(1, writer.late + writer.writes));
    }

    static void runOnce(boolean isPaced) throws IOException, InterruptedException {
        CowalBench.phase = CowalBench.WARM_UP;
        table = new Atom(unedited);
        Keeper keeper = new Keeper();
        Writer writer = new Writer(isPaced);
        Reader[] all = new Reader[readers];
        for (int i = 0; i < readers; i++) {
            all[i] = new Reader();
            all[i].start();
        }
        writer.start();
        double seconds = isPaced ? paced : fullSpeed;
        /* The compiler needs longer to warm up than the C peers do. */
        watch(warm + 0.4, false, keeper);
        CowalBench.phase = CowalBench.MEASURE;
        double peak = watch(seconds, !isPaced, keeper);
        CowalBench.phase = CowalBench.STOP;
        writer.join();
        for (Reader reader : all) {
            reader.join();
        }
        keeper.check();
        if (isPaced) {
            printLatencies(writer);
            return;
        }
        printReaders(all, keeper, seconds);
        CowalBench.print("throughput", writer.writes * 1e9 / writer.writeNs);
        CowalBench.print("copied", (double) writer.allocated / Math.max(1, writer.writes));
        CowalBench.print("peak_pss", peak);
    }

    /* Of a table after some edits; the keys of the edited records are in it too, so that nobody can edit other ones. */
    static long checksum() {
        table = new Atom(unedited);
        for (int i = 0; i < EDITS_IN_CHECKSUM; i++) {
            write(i);
        }
        long sum = new Scan(table.deref()).checksum();
        for (Long key : keys) {
            sum += key * ((Vendor) ((IPersistentMap) table.deref()).valAt(key)).edits;
        }
        return sum;
    }

    public static void main(String[] argument) throws IOException, InterruptedException {
        readers = Integer.parseInt(argument[0]);
        held = Integer.parseInt(argument[1]);
        warm = Double.parseDouble(argument[2]);
        fullSpeed = Double.parseDouble(argument[3]);
        paced = Double.parseDouble(argument[4]);
        rate = Double.parseDouble(argument[5]);
        holdEveryMs = Integer.parseInt(argument[6]);
        spin = argument[7].equals("1");
        readRegistry();
        long checksum = checksum();
        runOnce(false);
        if (paced > 0) {
            runOnce(true);
        }
        System.out.println("checksum " + Long.toUnsignedString(checksum));
    }
}
