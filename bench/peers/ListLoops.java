/* SPDX-License-Identifier: MIT */
/* Peer `cowal` of suite `list`: CopyOnWriteArrayList of Long.
 *
 * Answers questions on its standard input, one a line: "loop n sample_ns". The answer is "ns per operation, CPU ns, 1". The
 * first time a question is asked, as much of the same precedes the answer, so that it is compiled. What is replaced is the
 * collector's work: its pauses are part of the time, its threads are not. */

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

public final class ListLoops {
    static final int BLOCKS = 16, BLOCK_LEN = 8, RENEWED_EVERY = 64;
    static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    /* What is timed. */
    static long wall, cpu, wallFrom, cpuFrom, operations;

    static void start() {
        cpuFrom = threads.getCurrentThreadCpuTime();
        wallFrom = System.nanoTime();
    }

    static void stop() {
        wall += System.nanoTime() - wallFrom;
        cpu += threads.getCurrentThreadCpuTime() - cpuFrom;
    }

    static void check(boolean right, String what) {
        if (!right) {
            System.err.println("ListLoops: " + what);
            System.exit(1);
        }
    }

    static CopyOnWriteArrayList<Long> filled(int n) {
        List<Long> all = new ArrayList<>(n);
        for (long i = 0; i < n; i++) {
            all.add(i);
        }
        return new CopyOnWriteArrayList<>(all);
    }

    /* An iterator is a snapshot. */
    static void addBlock(int begin, int keep, int length) {
        CopyOnWriteArrayList<Long> list = filled(begin);
        List<Iterator<Long>> kept = new ArrayList<>();
        for (int i = 0; i < keep; i++) {
            kept.add(list.iterator());
        }
        start();
        for (int j = 0; j < length; j++) {
            list.add((long) (begin + j));
            if (keep > 0 && j % RENEWED_EVERY == 0) {
                kept.set(j / RENEWED_EVERY % keep, list.iterator());
            }
        }
        stop();
        operations += length;
        check(list.size() == begin + length, "a list has " + list.size() + " elements");
    }

    /* Short lists are grown from n to 2 n, of long ones a sample of that is timed. */
    static void add(int n, int keep) {
        if (n <= 1000) {
            addBlock(n, keep, n);
            return;
        }
        for (int block = 0; block < BLOCKS; block++) {
            addBlock(n + (int) ((long) n * (2 * block + 1) / (2 * BLOCKS)) - BLOCK_LEN / 2, keep, BLOCK_LEN);
        }
    }

    static void iterate(CopyOnWriteArrayList<Long> list, int n) {
        long sum = 0;
        start();
        for (Long x : list) {
            sum += x;
        }
        stop();
        operations += n;
        check(sum == (long) n * (n - 1) / 2, "a list adds up to " + sum);
    }

    static int at;

    static void set(CopyOnWriteArrayList<Long> list, int n) {
        start();
        for (int i = 0; i < 16; i++) {
            at = (int) ((at * 48271L + 11) % n);
            list.set(at, (long) n + i);
        }
        stop();
        operations += 16;
    }

    static void run(String loop, int n, long ns) {
        CopyOnWriteArrayList<Long> list = loop.startsWith("add") ? null : filled(n);
        wall = cpu = operations = 0;
        do {
            switch (loop) {
                case "add": add(n, 0); break;
                case "add_1": add(n, 1); break;
                case "add_4": add(n, 4); break;
                case "iterate": iterate(list, n); break;
                default: set(list, n);
            }
        } while (wall < ns);
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        Set<String> asked = new HashSet<>();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] word = line.split(" ");
            int n = Integer.parseInt(word[1]);
            long ns = Long.parseLong(word[2]);
            if (asked.add(word[0] + n)) {
                run(word[0], n, Math.max(ns, 200000000L));
            }
            run(word[0], n, ns);
            System.out.printf(Locale.ROOT, "%f %f 1%n", (double) wall / operations, (double) cpu / operations);
            System.out.flush();
        }
    }
}
