/* SPDX-License-Identifier: MIT */
/* Peer `java`: java.util.concurrent.CopyOnWriteArrayList, driven by the protocol of snapshot_job.c. The list needs no lock of
 * ours: add() copies the array of references and publishes it, iterator() is the snapshot.
 *
 * CowalBench input readers held warm_s full_speed_s paced_s rate hold_every full_speed_start paced_start spin words
 * longest records|strings
 * prints one "metric value" a line. */

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

public final class CowalBench {
    static final long LETTER = 0x9E3779B97F4A7C15L;
    static final int WARM_UP = 0, MEASURE = 1, STOP = 2;
    static final int REFERENCE_BYTES = 4; /* compressed references: the heap is below 32 GB */

    /* The record of the C peers, as the object a Java program would have. */
    static final class Word {
        final long hash, head0, head1;
        final int offset, length;

        Word(byte[] text, int begin, int end) {
            long h = 0xCBF29CE484222325L;
            long[] head = new long[2];
            for (int i = begin; i < end; i++) {
                h = (h ^ (text[i] & 0xff)) * 0x100000001B3L;
                if (i - begin < 16) {
                    head[(i - begin) / 8] |= (long) (text[i] & 0xff) << ((i - begin) % 8 * 8);
                }
            }
            hash = h;
            head0 = head[0];
            head1 = head[1];
            offset = begin;
            length = end - begin;
        }
    }

    /* A snapshot's count and checksum. */
    static final class Scan {
        long checksum;
        int count;
    }

    /* What the list holds. Only one of the two is loaded in a run, so its methods are inlined. */
    abstract static class Kind {
        /* Element i, as the writer appends it. */
        abstract Object make(int i);

        abstract Scan scan(Iterator<Object> snapshot);
    }

    /* The objects are made beforehand, as the C peers' records are. */
    static final class Records extends Kind {
        final Word[] words = new Word[count];

        Records() {
            for (int i = 0; i < count; i++) {
                words[i] = i < lines ? new Word(text, begins[i], begins[i] + lengths[i]) : words[i % lines];
            }
        }

        @Override
        Object make(int i) {
            return words[i];
        }

        @Override
        Scan scan(Iterator<Object> snapshot) {
            Scan scan = new Scan();
            long hashes = 0, letters = 0;
            int seen = 0;
            for (; snapshot.hasNext(); seen++) {
                Word word = (Word) snapshot.next();
                hashes += word.hash;
                letters += word.length;
            }
            scan.checksum = hashes + letters * LETTER;
            scan.count = seen;
            return scan;
        }
    }

    /* Strings of one byte a character, whatever the bytes are. */
    static final class Strings extends Kind {
        @Override
        Object make(int i) {
            return new String(text, begins[i % lines], lengths[i % lines], StandardCharsets.ISO_8859_1);
        }

        @Override
        Scan scan(Iterator<Object> snapshot) {
            Scan scan = new Scan();
            long ends = 0, letters = 0;
            int seen = 0;
            for (; snapshot.hasNext(); seen++) {
                String word = (String) snapshot.next();
                ends += word.charAt(0) + 3 * word.charAt(word.length() - 1);
                letters += word.length();
            }
            scan.checksum = ends + letters * LETTER;
            scan.count = seen;
            return scan;
        }
    }

    /* Times without boxing; grows, so that nothing is lost. */
    static final class Times {
        long[] ns = new long[1 << 16];
        int count;

        void add(long value) {
            if (count == ns.length) {
                ns = Arrays.copyOf(ns, 2 * count);
            }
            ns[count++] = value;
        }

        void addAll(Times other) {
            for (int i = 0; i < other.count; i++) {
                add(other.ns[i]);
            }
        }

        double quantile(double q) {
            Arrays.sort(ns, 0, count);
            return ns[Math.max(0, (int) Math.ceil(q * count) - 1)];
        }

        double mean() {
            double total = 0;
            for (int i = 0; i < count; i++) {
                total += ns[i];
            }
            return total / count;
        }
    }

    static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    static byte[] text;
    static int[] begins, lengths; /* of the lines */
    static int lines, count;      /* word i is line i modulo their number */
    static Kind kind;
    static long[] prefix;
    static int readers, held, holdEvery, fullSpeedStart, pacedStart;
    static double warm, fullSpeed, paced, rate;
    static boolean spin;

    static volatile int phase;
    static volatile CopyOnWriteArrayList<Object> list;

    static void fail(String why) {
        System.err.println("bench: java: " + why);
        Runtime.getRuntime().halt(1);
    }

    static void check(Scan scan) {
        if (scan.count > count || scan.checksum != prefix[scan.count]) {
            fail("a scan of " + scan.count + " words has a wrong checksum");
        }
    }

    static void addLine(int begin, int end, int longest) {
        for (; begin < end; begin += longest, lines++) {
            if (lines == begins.length) {
                begins = Arrays.copyOf(begins, 2 * lines);
                lengths = Arrays.copyOf(lengths, 2 * lines);
            }
            begins[lines] = begin;
            lengths[lines] = Math.min(end - begin, longest);
        }
    }

    /* The rules of words.h. */
    static void readLines(String path, int longest) throws IOException {
        text = Files.readAllBytes(Paths.get(path));
        begins = new int[1024];
        lengths = new int[1024];
        for (int begin = 0, i = 0; i <= text.length; i++) {
            if (i == text.length || text[i] == '\n') {
                addLine(begin, i, longest);
                begin = i + 1;
            }
        }
    }

    static void sumPrefixes() {
        prefix = new long[count + 1];
        for (int i = 0; i < count; i++) {
            prefix[i + 1] = prefix[i] + kind.scan(List.of(kind.make(i)).iterator()).checksum;
        }
    }

    static CopyOnWriteArrayList<Object> listOf(int n) {
        Object[] elements = new Object[n];
        for (int i = 0; i < n; i++) {
            elements[i] = kind.make(i);
        }
        return new CopyOnWriteArrayList<>(elements);
    }

    static final class Reader extends Thread {
        final Times takeDrop = new Times();
        long wall, cpu, elements, scans;

        void scanOnce(boolean record) {
            long begin = System.nanoTime();
            Iterator<Object> snapshot = list.iterator();
            long taken = System.nanoTime();
            long cpuBegin = threads.getCurrentThreadCpuTime();
            long scanBegin = System.nanoTime();
            Scan scan = kind.scan(snapshot);
            long scanned = System.nanoTime();
            long cpuEnd = threads.getCurrentThreadCpuTime();
            check(scan);
            if (record) {
                takeDrop.add(taken - begin);
                wall += scanned - scanBegin;
                cpu += cpuEnd - cpuBegin;
                elements += scan.count;
                scans++;
            }
        }

        @Override
        public void run() {
            for (int p = phase; p != STOP; p = phase) {
                scanOnce(p == MEASURE);
            }
        }
    }

    static final class Writer extends Thread {
        final boolean isPaced;
        final Times latency = new Times(), takeDrop = new Times();
        final ArrayList<Iterator<Object>> ring = new ArrayList<>();
        int position, oldest;
        long appends, appendNs, late, copied;

        Writer(boolean isPaced, int position) {
            this.isPaced = isPaced;
            this.position = position;
        }

        boolean append(int now) {
            if (phase != now) {
                return false;
            }
            list.add(kind.make(position));
            position++;
            copied += (long) position * REFERENCE_BYTES;
            return true;
        }

        void holdNext(boolean record) {
            if (held == 0) {
                return;
            }
            long begin = System.nanoTime();
            ring.set(oldest, list.iterator());
            if (record) {
                takeDrop.add(System.nanoTime() - begin);
            }
            oldest = (oldest + 1) % held;
        }

        void writeAtFullSpeed(int now) {
            while (phase == now) {
                if (position == count) {
                    position = fullSpeedStart;
                    list = listOf(position);
                }
                int stretch = Math.min(count - position, holdEvery), done = 0;
                long begin = System.nanoTime();
                while (done < stretch && append(now)) {
                    done++;
                }
                if (done == stretch) {
                    holdNext(now == MEASURE);
                }
                appendNs += System.nanoTime() - begin;
                appends += done;
            }
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
            long start = System.nanoTime();
            int room = count - position, i = 0;
            for (; i < room; i++) {
                long due = start + (long) (i * period);
                waitUntil(due);
                if (!append(now)) {
                    break;
                }
                if (now == MEASURE) {
                    latency.add(System.nanoTime() - due);
                    appends++;
                }
                if (position % holdEvery == 0) {
                    holdNext(now == MEASURE);
                }
            }
            long end = System.nanoTime();
            for (; now == MEASURE && i < room && start + (long) ((i + 1) * period) <= end; i++) {
                latency.add(end - start - (long) (i * period));
                late++;
            }
        }

        @Override
        public void run() {
            for (int i = 0; i < held; i++) {
                ring.add(list.iterator());
            }
            for (int now = WARM_UP; now < STOP; now++) {
                while (phase < now) {
                    Thread.onSpinWait();
                }
                appends = 0;
                appendNs = 0;
                copied = 0;
                if (isPaced) {
                    writePaced(now);
                } else {
                    writeAtFullSpeed(now);
                }
            }
            for (Iterator<Object> snapshot : ring) {
                check(kind.scan(snapshot));
            }
        }
    }

    static double pss() throws IOException {
        for (String line : Files.readAllLines(Paths.get("/proc/self/smaps_rollup"))) {
            if (line.startsWith("Pss:")) {
                return Double.parseDouble(line.substring(4, line.length() - 2).trim());
            }
        }
        return Double.NaN;
    }

    static double watch(double seconds, boolean memory) throws IOException, InterruptedException {
        double peak = 0;
        long end = System.nanoTime() + (long) (seconds * 1e9);
        phase = MEASURE;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            Thread.sleep(memory ? Math.min(50, left / 1000000) : left / 1000000);
            if (left < 1000000) {
                Thread.onSpinWait();
            } else if (memory) {
                peak = Math.max(peak, pss());
            }
        }
        phase = STOP;
        return peak;
    }

    static void print(String metric, double value) {
        System.out.println(metric + " " + value);
    }

    static void printReaders(Reader[] all, Writer writer, double seconds) {
        Times takeDrop = readers == 0 ? writer.takeDrop : new Times();
        double wall = 0, cpu = 0, elements = 0, scans = 0;
        for (Reader reader : all) {
            wall += reader.wall;
            cpu += reader.cpu;
            elements += reader.elements;
            scans += reader.scans;
            takeDrop.addAll(reader.takeDrop);
        }
        if (elements > 0) {
            print("time", wall / elements);
            print("cpu", cpu / elements);
        }
        if (readers > 0) {
            print("scans", scans / seconds);
        }
        if (takeDrop.count > 0) {
            print("take_drop", takeDrop.quantile(0.5));
            print("take_drop_mean", takeDrop.mean());
        }
    }

    static void runOnce(boolean isPaced) throws IOException, InterruptedException {
        int start = isPaced ? pacedStart : fullSpeedStart;
        phase = WARM_UP;
        list = listOf(start);
        Writer writer = new Writer(isPaced, start);
        Reader[] all = new Reader[readers];
        for (int i = 0; i < readers; i++) {
            all[i] = new Reader();
            all[i].start();
        }
        writer.start();
        /* The compiler needs longer to warm up than the C peers do. */
        Thread.sleep((long) (1000 * warm) + 400);
        double seconds = isPaced ? paced : fullSpeed;
        double peak = watch(seconds, !isPaced);
        writer.join();
        for (Reader reader : all) {
            reader.join();
        }
        if (isPaced) {
            print("latency_p50", writer.latency.quantile(0.5));
            print("latency_p99", writer.latency.quantile(0.99));
            print("latency_p999", writer.latency.quantile(0.999));
            print("latency_max", writer.latency.quantile(1));
            print("late", 1000.0 * writer.late / Math.max(1, writer.late + writer.appends));
            return;
        }
        printReaders(all, writer, seconds);
        print("throughput", writer.appends * 1e9 / writer.appendNs);
        print("copied", (double) writer.copied / Math.max(1, writer.appends));
        print("peak_pss", peak);
    }

    public static void main(String[] argument) throws IOException, InterruptedException {
        readers = Integer.parseInt(argument[1]);
        held = Integer.parseInt(argument[2]);
        warm = Double.parseDouble(argument[3]);
        fullSpeed = Double.parseDouble(argument[4]);
        paced = Double.parseDouble(argument[5]);
        rate = Double.parseDouble(argument[6]);
        holdEvery = Integer.parseInt(argument[7]);
        fullSpeedStart = Integer.parseInt(argument[8]);
        pacedStart = Integer.parseInt(argument[9]);
        spin = argument[10].equals("1");
        count = Integer.parseInt(argument[11]);
        readLines(argument[0], Integer.parseInt(argument[12]));
        kind = argument[13].equals("strings") ? new Strings() : new Records();
        sumPrefixes();
        runOnce(false);
        runOnce(true);
        System.out.println("checksum " + Long.toUnsignedString(prefix[count]));
    }
}
