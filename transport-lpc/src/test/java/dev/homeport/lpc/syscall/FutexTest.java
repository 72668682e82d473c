package dev.homeport.lpc.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FutexTest {
    private static final long PAGE = 4096;
    private static final long BOUND_NANOS = TimeUnit.SECONDS.toNanos(20);

    private int file;
    private long writable;
    private long readOnly;

    @BeforeEach
    void map() {
        file = Memfd.create("words");
        assertThat(Memfd.allocate(file, PAGE)).isZero();
        writable = Mmap.mapReadWrite(file, PAGE);
        assertThat(Memfd.addSeals(file, Memfd.SEAL_SHRINK | Memfd.SEAL_GROW | Memfd.SEAL_FUTURE_WRITE)).isZero();
        readOnly = Mmap.mapReadOnly(file, PAGE);
    }

    @AfterEach
    void unmap() {
        Mmap.unmap(writable, PAGE);
        Mmap.unmap(readOnly, PAGE);
        Descriptors.close(file);
    }

    @Test
    void differentWordDoesNotWait() {
        assertThat(Futex.await(writable, 7, BOUND_NANOS)).isEqualTo(-Errno.EAGAIN);
        assertThat(Futex.awaitAny(writable, 0, readOnly + 4, 1, deadline())).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void waitEndsAtItsTime() {
        long start = System.nanoTime();
        assertThat(Futex.await(writable, 0, 2_000_000)).isEqualTo(-Errno.ETIMEDOUT);
        assertThat(Futex.awaitAny(writable, 0, writable + 4, 0, System.nanoTime() + 2_000_000))
                .isEqualTo(-Errno.ETIMEDOUT);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(4_000_000);
    }

    @Test
    void waitForEitherWordIsWokenThroughTheReadOnlyMap() throws Exception {
        for (int word = 0; word < 3; word++) {
            int woken = word;
            CompletableFuture<Integer> result = waiting(() -> Futex.awaitAny(
                    readOnly, 0, writable + 4, 0, writable + 8, 0, deadline()));
            if (woken == 1) {
                wakeUntilDone(result, () -> Futex.wakePrivate(writable + 4));
            } else {
                wakeUntilDone(result, woken == 2 ? readOnly + 8 : writable);
            }
            assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(woken);
        }
    }

    @Test
    void simpleWaitIsWokenAndSeesTheStore() throws Exception {
        CompletableFuture<Integer> result = waiting(() -> Futex.await(readOnly, 0, BOUND_NANOS));
        wakeUntilDone(result, readOnly);
        assertThat(result.get(20, TimeUnit.SECONDS)).isZero();
        Mmap.view(writable, PAGE).set(ValueLayout.JAVA_INT, 0, 5);
        assertThat(Futex.await(readOnly, 0, BOUND_NANOS)).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void virtualThreadThatWaitsIsCaught() throws Exception {
        long before = VirtualThreadGuard.violations();
        AtomicBoolean caught = new AtomicBoolean();
        Thread thread = Thread.startVirtualThread(() -> {
            try {
                Futex.await(writable, 0, 1);
            } catch (AssertionError expected) {
                caught.set(true);
            }
        });
        assertThat(thread.join(java.time.Duration.ofSeconds(20))).isTrue();
        assertThat(caught).isTrue();
        assertThat(VirtualThreadGuard.violations()).isEqualTo(before + 1);
    }

    private static CompletableFuture<Integer> waiting(java.util.function.Supplier<Integer> wait) {
        CompletableFuture<Integer> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(wait.get());
            } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
            }
        });
        return result;
    }

    /** Wakes until somebody was woken: the waiter may not have begun to wait. */
    private static void wakeUntilDone(CompletableFuture<Integer> result, long address) {
        wakeUntilDone(result, () -> Futex.wake(address, Futex.ALL));
    }

    private static void wakeUntilDone(CompletableFuture<Integer> result, IntSupplier wake) {
        long deadline = deadline();
        while (!result.isDone() && wake.getAsInt() == 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
    }

    private static long deadline() {
        return System.nanoTime() + BOUND_NANOS;
    }
}
