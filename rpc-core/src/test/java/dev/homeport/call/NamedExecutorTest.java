package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls share the tasks of a named executor, and notice nothing of each other. */
@Timeout(30)
class NamedExecutorTest {
    private static final Context.Key<String> KEY = Context.key("left behind");

    /** Keeps its tasks until the test runs them; runs them at once when it is full; takes none once it is shut. */
    private static final class Kept implements Executor {
        final Queue<Runnable> tasks = new ArrayDeque<>();
        boolean full;
        boolean shut;

        @Override
        public void execute(Runnable task) {
            if (shut) {
                throw new RejectedExecutionException("shut");
            }
            if (full) {
                task.run();
            } else {
                tasks.add(task);
            }
        }

        int runAll() {
            int ran = 0;
            for (Runnable next = tasks.poll(); next != null; next = tasks.poll()) {
                next.run();
                ran++;
            }
            return ran;
        }
    }

    /** A call whose listener does something. */
    private static final class Call implements CallRunner.Events {
        final CallRunner runner;
        final CountDownLatch delivered = new CountDownLatch(1);
        final List<RejectedExecutionException> rejections = new CopyOnWriteArrayList<>();
        private final Runnable listener;

        Call(NamedExecutor executor, Runnable listener) {
            this.listener = listener;
            this.runner = new CallRunner(this, executor);
        }

        @Override
        public void deliver() {
            listener.run();
            delivered.countDown();
        }

        @Override
        public void ranInTurn(boolean inTime) {
            throw new AssertionError("on a reading thread");
        }

        @Override
        public void rejected(RejectedExecutionException e) {
            rejections.add(e);
        }

        boolean isDelivered() {
            return delivered.getCount() == 0;
        }

        boolean isDeliveredSoon() throws InterruptedException {
            return delivered.await(10, TimeUnit.SECONDS);
        }
    }

    private static Call signalled(NamedExecutor executor, Runnable listener) {
        Call call = new Call(executor, listener);
        call.runner.signal(null);
        return call;
    }

    private static List<Call> signalled(NamedExecutor executor, int calls, Runnable listener) {
        List<Call> all = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            all.add(signalled(executor, listener));
        }
        return all;
    }

    @Test
    void callsOfABatchShareATask() {
        Kept kept = new Kept();
        List<Call> calls = signalled(NamedExecutor.of(kept), 10, () -> { });

        assertThat(kept.tasks).hasSize(1);
        kept.tasks.remove().run();

        assertThat(calls).allMatch(Call::isDelivered);
        // The one that was there for the others, had the first of them lasted.
        assertThat(kept.runAll()).isEqualTo(1);
    }

    @Test
    void listenerThatBlocksHoldsUpNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
            NamedExecutor executor = NamedExecutor.of(pool);
            List<Call> blocked = signalled(executor, 2, () -> await(release));
            List<Call> others = signalled(executor, 100, () -> { });

            for (Call other : others) {
                assertThat(other.isDeliveredSoon()).isTrue();
            }
            assertThat(blocked).noneMatch(Call::isDelivered);
            release.countDown();
            assertThat(blocked.get(1).isDeliveredSoon()).isTrue();
        }
    }

    @Test
    void listenersRunSideBySideOnAsManyThreadsAsThereAre() throws Exception {
        int threads = 8;
        CountDownLatch allAtOnce = new CountDownLatch(threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Call> calls = signalled(NamedExecutor.of(pool), threads, () -> {
                allAtOnce.countDown();
                await(allAtOnce);
            });

            for (Call call : calls) {
                assertThat(call.isDeliveredSoon()).isTrue();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("not let go");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void programsOwnTaskHasItsTurnAmongCallsWithoutEnd() throws Exception {
        CountDownLatch ownTask = new CountDownLatch(1);
        AtomicInteger delivered = new AtomicInteger();
        try (ExecutorService pool = Executors.newFixedThreadPool(1)) {
            NamedExecutor executor = NamedExecutor.of(pool);
            AtomicInteger begun = new AtomicInteger();
            Runnable[] again = new Runnable[1];
            again[0] = () -> {
                delivered.incrementAndGet();
                if (begun.getAndIncrement() == 0) {
                    pool.execute(ownTask::countDown);
                }
                if (ownTask.getCount() > 0) {
                    signalled(executor, again[0]);
                }
            };
            signalled(executor, again[0]);

            assertThat(ownTask.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(delivered.get()).isLessThanOrEqualTo(3 * NamedExecutor.CALLS_OF_A_TASK);
        }
    }

    @Test
    void contextThatAListenerLeavesAttachedIsGoneForTheNext() {
        Kept kept = new Kept();
        NamedExecutor executor = NamedExecutor.of(kept);
        List<Context> seen = new ArrayList<>();
        signalled(executor, 2, () -> {
            seen.add(Context.current());
            Context.ROOT.withValue(KEY, "by a listener").attach();
        });

        kept.runAll();

        assertThat(seen).containsExactly(Context.ROOT, Context.ROOT);
        assertThat(Context.current()).isSameAs(Context.ROOT);
    }

    @Test
    void interruptFlagThatAListenerLeavesSetIsNotTheNextOnes() throws Exception {
        List<Boolean> seen = new CopyOnWriteArrayList<>();
        CountDownLatch added = new CountDownLatch(1);
        try (ExecutorService pool = Executors.newFixedThreadPool(1)) {
            NamedExecutor executor = NamedExecutor.of(pool);
            signalled(executor, () -> await(added));
            List<Call> calls = signalled(executor, 3, () -> {
                seen.add(Thread.currentThread().isInterrupted());
                Thread.currentThread().interrupt();
            });
            added.countDown();

            for (Call call : calls) {
                assertThat(call.isDeliveredSoon()).isTrue();
            }
        }
        assertThat(seen).containsExactly(false, false, false);
    }

    @Test
    void executorThatTakesNoTaskRejectsEachCall() throws Exception {
        Kept kept = new Kept();
        NamedExecutor executor = NamedExecutor.of(kept);
        kept.shut = true;

        List<Call> calls = signalled(executor, 2, () -> { });

        for (Call call : calls) {
            assertThat(call.rejections).hasSize(1);
            assertThat(call.isDeliveredSoon()).isTrue();
        }
    }

    @Test
    void callsWhoseTaskWasDroppedRunWithTheNextEvent() {
        Kept dropping = new Kept();
        NamedExecutor executor = NamedExecutor.of(dropping);
        List<Call> stranded = signalled(executor, 3, () -> { });
        dropping.tasks.clear();

        // Soon the executor counts as one that has dropped its task.
        List<Call> later = new ArrayList<>();
        assertThat(Rig.eventually(() -> {
                    later.add(signalled(executor, () -> { }));
                    return !dropping.tasks.isEmpty();
                }))
                .isTrue();
        dropping.runAll();

        assertThat(stranded).allMatch(Call::isDelivered);
        assertThat(later).allMatch(Call::isDelivered);
    }

    @Test
    void callsWhoseTaskWasDroppedAreRejectedWithTheNextOne() {
        Kept dropping = new Kept();
        NamedExecutor executor = NamedExecutor.of(dropping);
        List<Call> stranded = signalled(executor, 3, () -> { });
        dropping.tasks.clear();
        dropping.shut = true;

        assertThat(Rig.eventually(() -> !signalled(executor, () -> { }).rejections.isEmpty())).isTrue();

        assertThat(stranded).allMatch(call -> call.rejections.size() == 1);
    }

    @Test
    void executorThatRunsTasksWithinExecuteWhenFullRunsCallsInOrder() {
        Kept kept = new Kept();
        NamedExecutor executor = NamedExecutor.of(kept);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            signalled(executor, () -> order.add(number));
        }
        kept.full = true;

        kept.runAll();

        assertThat(order).containsExactly(0, 1, 2);
    }

    @Test
    void taskThatIsNoCallsRunsByItself() {
        Kept kept = new Kept();
        List<String> ran = new ArrayList<>();

        NamedExecutor.of(kept).execute(() -> ran.add("task"));
        kept.runAll();

        assertThat(ran).containsExactly("task");
    }
}
