package dev.homeport.testkit.frames;

import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Catches what the product logs as gone wrong, and what threads die of, while it is open: no frame may be the cause
 * of either. A message that cannot be parsed is its call's own fault and no fault here.
 */
public final class Faults extends Handler implements AutoCloseable {
    private static final Logger PRODUCT = Logger.getLogger("dev.homeport");

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final boolean usedParents = PRODUCT.getUseParentHandlers();
    private final Thread.@Nullable UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();

    /** Watches from now on. */
    public Faults() {
        PRODUCT.addHandler(this);
        PRODUCT.setUseParentHandlers(false);
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> seen.add(thread.getName() + " died: " + thrown));
    }

    @Override
    public void publish(LogRecord record) {
        Throwable thrown = record.getThrown();
        if (thrown != null && !(thrown instanceof StatusRuntimeException)) {
            seen.add(record.getMessage() + ": " + thrown);
        }
    }

    /** What was caught, in words. */
    public List<String> seen() {
        return List.copyOf(seen);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        PRODUCT.removeHandler(this);
        PRODUCT.setUseParentHandlers(usedParents);
        Thread.setDefaultUncaughtExceptionHandler(before);
    }
}
