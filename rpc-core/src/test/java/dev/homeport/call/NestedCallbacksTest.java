package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Deadline;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who runs what is given to a waiting caller, and who is interrupted when. */
@Timeout(10)
class NestedCallbacksTest {
    private final NestedCallbacks callbacks = new NestedCallbacks(() -> {}, null, () -> {});

    private static Runnable waiting(Runnable before, AtomicReference<Boolean> interrupted) {
        return () -> {
            before.run();
            try {
                interrupted.set(false);
                new CountDownLatch(1).await(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
        };
    }

    @Test
    void endOfTheCallInterruptsTheCallbackAndNothingBehindIt() {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        callbacks.execute(waiting(callbacks::end, interrupted));
        callbacks.run();

        assertThat(interrupted.get()).isTrue();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void interruptThatNobodyTookIsTakenBack() {
        callbacks.execute(() -> {
            callbacks.end();
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        callbacks.run();

        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void interruptOfAnotherStays() {
        Runnable callback = () -> {
            Thread.currentThread().interrupt();
        };
        callbacks.execute(callback);
        callbacks.run();
        callbacks.interrupt(callback);

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void callbackThatIsOverIsNotMistakenForTheOneThatRuns() {
        Runnable before = () -> {};
        AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
        CountDownLatch soon = new CountDownLatch(1);
        callbacks.execute(() -> {
            callbacks.interrupt(before);
            try {
                assertThat(soon.await(50, TimeUnit.MILLISECONDS)).isFalse();
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
        });
        callbacks.run();

        assertThat(interrupted.get()).isFalse();
    }

    @Test
    void nothingRunsOnTheCallerAfterTheEnd() throws InterruptedException {
        AtomicReference<Thread> ran = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        callbacks.execute(() -> {
            ran.set(Thread.currentThread());
            done.countDown();
        });
        callbacks.end();
        callbacks.run();

        assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(ran.get()).isNotEqualTo(Thread.currentThread());
    }

    @Test
    void deadlineEndsTheCallAndTheCallback() {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CountDownLatch expired = new CountDownLatch(1);
        NestedCallbacks limited =
                new NestedCallbacks(() -> {}, Deadline.after(50, TimeUnit.MILLISECONDS), expired::countDown);
        limited.execute(waiting(() -> {}, interrupted));
        limited.run();
        limited.close();

        assertThat(interrupted.get()).isTrue();
        assertThat(expired.getCount()).isZero();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void methodThatKeptACallerIsNotTriedOnOneAgain() {
        MethodPace pace = new MethodPace();
        assertThat(pace.isSlow()).isFalse();
        pace.keptCaller();
        for (int i = 0; i < 1000; i++) {
            pace.ran(true);
            assertThat(pace.isSlow()).isTrue();
        }
    }
}
