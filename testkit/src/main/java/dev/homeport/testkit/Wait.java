package dev.homeport.testkit;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits of tests. Each has a deadline, so that what never comes is a failure and not a hang. */
public final class Wait {
    /** Far more than anything takes here, and less than the time limit of a test. */
    public static final int LIMIT_SECONDS = 6;

    private static final long POLL_NANOS = 500_000;

    private Wait() {}

    /** Takes the head of the queue. */
    public static <T> T take(BlockingQueue<T> queue) {
        try {
            T head = queue.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (head == null) {
                throw late("nothing was queued");
            }
            return head;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** The result of the future; what made it fail is thrown as the cause of an AssertionError. */
    public static <T> T get(Future<T> future) {
        try {
            return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("the future failed", e.getCause());
        } catch (TimeoutException e) {
            throw late("the future has no result");
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits for the latch. */
    public static void on(CountDownLatch latch) {
        try {
            if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw late("the latch stands at " + latch.getCount());
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Takes so many permits. */
    public static void on(Semaphore semaphore, int permits) {
        try {
            if (!semaphore.tryAcquire(permits, LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw late("permits " + semaphore.availablePermits() + " of " + permits);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Looks again and again until the condition holds. */
    public static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw late(what);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static AssertionError late(String what) {
        return new AssertionError("after " + LIMIT_SECONDS + " s: " + what);
    }

    private static AssertionError interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AssertionError("interrupted", e);
    }
}
