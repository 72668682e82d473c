package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A clock that loses nothing, is never early, and keeps nothing that was cancelled. */
class DeadlineWheelTest {
    private static final long SEED = 20261123;
    private static final long LIMIT_SECONDS = 20;
    private static final long LONGER_THAN_THE_WHEEL_SECONDS = 7_200;

    private final DeadlineWheel wheel = new DeadlineWheel(task -> Thread.ofPlatform().daemon().unstarted(task));

    @AfterEach
    void close() {
        wheel.shutdownNow();
    }

    @Test
    void earlierOneThanThatTheClockSleepsForIsNotLate() throws Exception {
        ScheduledFuture<?> later = wheel.schedule(() -> {}, 60, TimeUnit.SECONDS);
        CountDownLatch ran = new CountDownLatch(1);
        long begun = System.nanoTime();
        wheel.schedule(ran::countDown, 30, TimeUnit.MILLISECONDS);

        assertThat(ran.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
        assertThat(later.isDone()).isFalse();
    }

    @Test
    void oneThatIsCancelledLeavesTheOthers() throws Exception {
        CountDownLatch ran = new CountDownLatch(2);
        AtomicInteger wrong = new AtomicInteger();
        wheel.schedule(ran::countDown, 20, TimeUnit.MILLISECONDS);
        ScheduledFuture<?> cancelled = wheel.schedule(wrong::incrementAndGet, 20, TimeUnit.MILLISECONDS);
        wheel.schedule(ran::countDown, 20, TimeUnit.MILLISECONDS);

        assertThat(cancelled.cancel(false)).isTrue();
        assertThat(ran.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(cancelled.isCancelled()).isTrue();
        assertThat(wrong).hasValue(0);
    }

    @Test
    void whatIsCancelledIsNotKept() throws Exception {
        Object kept = new Object();
        WeakReference<Object> seen = new WeakReference<>(kept);
        scheduleAndCancel(kept);
        kept = null;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (seen.get() != null && System.nanoTime() < end) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(seen.get()).isNull();
    }

    private void scheduleAndCancel(Object kept) {
        wheel.schedule(() -> System.identityHashCode(kept), 50, TimeUnit.SECONDS).cancel(false);
    }

    @Test
    void moreThanATurnOfTheWheelAhead() {
        ScheduledFuture<?> far = wheel.schedule(() -> {}, LONGER_THAN_THE_WHEEL_SECONDS, TimeUnit.SECONDS);

        assertThat(far.getDelay(TimeUnit.SECONDS)).isBetween(
                LONGER_THAN_THE_WHEEL_SECONDS - LIMIT_SECONDS, LONGER_THAN_THE_WHEEL_SECONDS);
        assertThat(far.cancel(false)).isTrue();
        assertThat(wheel.getQueue()).hasSizeLessThan(2);
    }

    @Test
    void taskThatThrowsHoldsNobodyUp() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        wheel.schedule(() -> {
            throw new IllegalStateException("as the test wants");
        }, 1, TimeUnit.MILLISECONDS);
        wheel.schedule(ran::countDown, 5, TimeUnit.MILLISECONDS);

        assertThat(ran.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** Delays from nothing to beyond some lists, by threads that get in each other's way, half of them cancelled. */
    @Test
    void eachRunsOnceAndNoneEarly() throws Exception {
        int each = 30_000;
        AtomicLong ran = new AtomicLong();
        AtomicLong early = new AtomicLong();
        AtomicLong cancelled = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(SEED + t);
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                for (int i = 0; i < each; i++) {
                    long delay = random.nextInt(i % 100 == 0 ? 400_000_000 : 3_000_000);
                    long due = System.nanoTime() + delay;
                    ScheduledFuture<?> future = wheel.schedule(() -> {
                        ran.incrementAndGet();
                        if (System.nanoTime() < due) {
                            early.incrementAndGet();
                        }
                    }, delay, TimeUnit.NANOSECONDS);
                    if (random.nextBoolean() && future.cancel(false)) {
                        cancelled.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (ran.get() + cancelled.get() < 4L * each && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(ran.get() + cancelled.get()).isEqualTo(4L * each);
        assertThat(early).hasValue(0);
        assertThat(cancelled.get()).isGreaterThan(each);
    }
}
