package dev.homeport.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.spi.ReadTurn;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What a reading thread is like after it has run user code: as it was before. */
class CallRunnerTest {
    private static final Context.Key<String> KEY = Context.key("left behind");

    /** Events whose user code leaves a context attached. */
    private static final class Careless implements CallRunner.Events {
        final List<Boolean> inTime = new ArrayList<>();

        @Override
        public void deliver() {
            Context.ROOT.withValue(KEY, "by a handler").attach();
        }

        @Override
        public void ranInTurn(boolean wasInTime) {
            inTime.add(wasInTime);
        }

        @Override
        public void rejected(RejectedExecutionException e) {
            throw e;
        }
    }

    /** Of a thread that may run user code, and sees what it is left with when it reads on. */
    private static final class Turn implements ReadTurn {
        final List<Context> readOnWith = new ArrayList<>();

        @Override
        public boolean tryEnterUserCode() {
            return true;
        }

        @Override
        public boolean leaveUserCode() {
            readOnWith.add(Context.current());
            return true;
        }
    }

    @Test
    void contextThatUserCodeLeavesAttachedIsGoneBeforeTheThreadReadsOn() {
        Careless events = new Careless();
        Turn turn = new Turn();

        new CallRunner(events, null).signal(turn);

        assertThat(turn.readOnWith).containsExactly(Context.ROOT);
        assertThat(Context.current()).isSameAs(Context.ROOT);
        assertThat(events.inTime).containsExactly(true);
    }
}
