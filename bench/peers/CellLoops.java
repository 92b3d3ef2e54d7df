/* SPDX-License-Identifier: MIT */
/* Peers `java` and `cowal`: an array of longs in an AtomicReference, and one element of a CopyOnWriteArrayList replaced,
 * which copies the array of references. Threads, and what of their time counts, are those of crowd.c and timeline.c, but
 * the threads are not pinned.
 *
 * CellLoops warm_ms
 * answers questions on its standard input, one a line: "peer reads|writes|p99 n readers writers pace_ns window_ns". The
 * answer is "ns per operation, CPU ns, overlap, writes per second, 1". The first time a question is asked, warm_ms of the
 * same precede the answer, so that it is compiled. What is replaced is the collector's work: its pauses are part of the
 * time, its threads are not. */

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

public final class CellLoops {
    static final int KINDS = 61, WARM_UP = 0, MEASURE = 1, STOP = 2;
    static final int BATCHES_MAX = 1 << 16, BATCH_NS = 10000, BATCH_MAX = 1 << 14, SWITCH_NS = 200000;

    static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    static final AtomicReference<long[]> cell = new AtomicReference<>();
    static CopyOnWriteArrayList<Long> list;
    static long[] numbers;
    static Long[] values;

    /* The question. */
    static boolean isList, timesEach;
    static String figure;
    static int n, readers, writers;
    static long paceNs;

    static volatile int phase;
    static final AtomicInteger warm = new AtomicInteger(), measuring = new AtomicInteger();
    static final AtomicInteger writing = new AtomicInteger();
    static volatile long versions;

    static long sumOf(long version) {
        return n * (version % KINDS) + (long) n * (n + 1) / 2;
    }

    static void check(boolean right, String what) {
        if (!right) {
            System.err.println("CellLoops: " + what);
            System.exit(1);
        }
    }

    /* ---- the loops ---- */

    static long read(int count) {
        long total = 0;
        for (int i = 0; i < count; i++) {
            long sum = 0;
            for (long x : cell.get()) {
                sum += x;
            }
            total += sum;
        }
        return total;
    }

    static void write(long begin, int count) {
        for (long version = begin; version < begin + count; version++) {
            int from = (int) (version % KINDS);
            cell.set(Arrays.copyOfRange(numbers, from, from + n));
        }
    }

    static void set(long begin, int count) {
        for (long version = begin; version < begin + count; version++) {
            list.set((int) (version % n), values[(int) (version % KINDS)]);
        }
    }

    static void replace(long begin, int count) {
        if (isList) {
            set(begin, count);
        } else {
            write(begin, count);
        }
    }

    static void open() {
        numbers = new long[n + KINDS];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
        }
        write(0, 1);
        list = null;
        if (isList) {
            values = new Long[KINDS];
            Arrays.setAll(values, i -> (long) -i);
            Long[] all = new Long[n];
            Arrays.setAll(all, i -> i + 1L);
            list = new CopyOnWriteArrayList<>(all);
        }
    }

    /* ---- threads ---- */

    abstract static class Member extends Thread {
        long operations, wallFrom, wallTo, cpuFrom, cpuTo;
        int batch = 1;
        final long[] ends = new long[BATCHES_MAX];
        int count;

        abstract void some(int phase);

        void mark(int phase, long from) {
            long now = System.nanoTime();
            operations += batch;
            if (phase == WARM_UP && now - from < BATCH_NS && batch < BATCH_MAX) {
                batch *= 2;
            }
            if (count < BATCHES_MAX) {
                ends[count++] = now;
            }
        }

        long beginOf(int i) {
            return i == 0 ? wallFrom : ends[i - 1];
        }

        /* A batch that takes longer was interrupted. */
        long limit() {
            long[] took = new long[count];
            Arrays.setAll(took, i -> ends[i] - beginOf(i));
            Arrays.sort(took);
            return count == 0 ? 0 : Math.max(8 * took[count / 2], SWITCH_NS);
        }

        boolean isAtWork(long limit, long from, long to) {
            int i = Arrays.binarySearch(ends, 0, count, from);
            i = i < 0 ? -i - 1 : i + 1;
            if (i >= count || beginOf(i) > from) {
                return false;
            }
            for (; i < count; i++) {
                if (ends[i] - beginOf(i) > limit) {
                    return false;
                }
                if (ends[i] >= to) {
                    return true;
                }
            }
            return false;
        }

        void begin() {
            operations = 0;
            count = 0;
            cpuFrom = threads.getCurrentThreadCpuTime();
            wallFrom = System.nanoTime();
            measuring.incrementAndGet();
        }

        void end() {
            wallTo = System.nanoTime();
            cpuTo = threads.getCurrentThreadCpuTime();
        }

        void loop() {
            int seen = WARM_UP;
            for (boolean first = true; seen != STOP; first = false) {
                some(seen);
                if (first) {
                    warm.incrementAndGet();
                }
                int now = phase;
                if (now != seen) {
                    if (now == MEASURE) {
                        begin();
                    } else {
                        end();
                    }
                    seen = now;
                }
            }
        }
    }

    static final class Reader extends Member {
        @Override
        void some(int phase) {
            long from = System.nanoTime();
            long rest = read(batch) - batch * sumOf(0);
            long most = writers > 0 ? (long) batch * (KINDS - 1) : 0;
            check(rest % n == 0 && rest / n >= 0 && rest / n <= most, "a read saw what no version holds");
            mark(phase, from);
        }

        @Override
        public void run() {
            loop();
            while (writing.get() != 0) {
                pause();
            }
            check(read(1) == sumOf(versions), "a reader does not see the last version");
        }
    }

    /* As exact as the histogram of crowd.c. */
    static final int STEPS = 64, STEP_BITS = 6;

    static int bucketOf(long ns) {
        if (ns < STEPS) {
            return (int) ns;
        }
        int shift = 63 - Long.numberOfLeadingZeros(ns) - STEP_BITS;
        return (shift + 1) * STEPS + (int) (ns >> shift) - STEPS;
    }

    static double valueOf(int bucket) {
        return bucket < STEPS ? bucket : (bucket % STEPS + STEPS + 0.5) * (1L << bucket / STEPS - 1);
    }

    static void beBusy(long until) {
        while (System.nanoTime() - until < 0) {
        }
    }

    static final class Writer extends Member {
        long made;
        final long[] latencies = new long[64 * STEPS];

        @Override
        void some(int phase) {
            long from = System.nanoTime();
            if (timesEach) {
                beBusy(from + paceNs);
                from = System.nanoTime();
                replace(++made, 1);
                latencies[bucketOf(System.nanoTime() - from)]++;
                operations++;
                return;
            }
            replace(made + 1, batch);
            made += batch;
            mark(phase, from);
        }

        @Override
        void begin() {
            Arrays.fill(latencies, 0);
            super.begin();
        }

        @Override
        public void run() {
            loop();
            versions = made;
            writing.decrementAndGet();
            int last = (int) (made % n);
            check(!isList || list.get(last).equals(values[(int) (made % KINDS)]), "an element is not what was set");
        }

        double p99() {
            long rank = (long) (0.99 * (operations - 1)), seen = 0;
            int bucket = -1;
            while (seen <= rank) {
                seen += latencies[++bucket];
            }
            return valueOf(bucket);
        }
    }

    static void pause() {
        sleep(50000);
    }

    static void sleep(long ns) {
        try {
            Thread.sleep(ns / 1000000, (int) (ns % 1000000));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /* ---- one measurement ---- */

    static void runPhases(List<Member> all, long windowNs) {
        phase = WARM_UP;
        warm.set(0);
        measuring.set(0);
        writing.set(writers);
        versions = 0;
        all.forEach(Thread::start);
        while (warm.get() != all.size()) {
            pause();
        }
        sleep(windowNs / 4);
        phase = MEASURE;
        while (measuring.get() != all.size()) {
            pause();
        }
        sleep(windowNs);
        phase = STOP;
        for (Member m : all) {
            try {
                m.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /* Sums up those batches of the member in which all ran: nanoseconds, operations. */
    static void addCommon(List<Member> all, Member own, double[] counted) {
        long[] limits = new long[all.size()];
        Arrays.setAll(limits, k -> all.get(k).limit());
        for (int i = 0; i < own.count; i++) {
            boolean common = true;
            for (int k = 0; k < limits.length; k++) {
                common &= all.get(k).isAtWork(limits[k], own.beginOf(i), own.ends[i]);
            }
            if (common) {
                counted[0] += own.ends[i] - own.beginOf(i);
                counted[1] += own.batch;
            }
        }
    }

    static String answer(List<Member> all) {
        double wall = 0, cpu = 0, operations = 0;
        double[] counted = new double[2], written = new double[2];
        boolean reads = figure.equals("reads");
        for (Member m : reads ? all.subList(0, readers) : all.subList(readers, all.size())) {
            wall += m.wallTo - m.wallFrom;
            cpu += m.cpuTo - m.cpuFrom;
            operations += m.operations;
            addCommon(all, m, counted);
        }
        Member last = all.get(all.size() - 1);
        double time = timesEach ? ((Writer) last).p99() : counted[1] > 0 ? counted[0] / counted[1] : wall / operations;
        double overlap = timesEach ? 0 : counted[0] / wall;
        if (reads && writers > 0) {
            addCommon(all, last, written);
        }
        return String.format(Locale.ROOT, "%.6g %.6g %.6g %.6g 1", time, cpu / operations, overlap,
                written[1] > 0 ? written[1] * 1e9 / written[0] : 0.0);
    }

    static String run(long windowNs) {
        List<Member> all = new ArrayList<>();
        open();
        for (int i = 0; i < readers; i++) {
            all.add(new Reader());
        }
        for (int i = 0; i < writers; i++) {
            all.add(new Writer());
        }
        runPhases(all, windowNs);
        return answer(all);
    }

    public static void main(String[] argument) throws IOException {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
        Set<String> warmed = new HashSet<>();
        /* Otherwise the others would wait for the thread for ever. */
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] part = line.split(" ");
            isList = part[0].equals("cowal");
            figure = part[1];
            timesEach = figure.equals("p99");
            n = Integer.parseInt(part[2]);
            readers = Integer.parseInt(part[3]);
            writers = Integer.parseInt(part[4]);
            paceNs = Long.parseLong(part[5]);
            if (warmed.add(line)) {
                run(Long.parseLong(argument[0]) * 1000000);
            }
            System.out.println(run(Long.parseLong(part[6])));
        }
    }
}
