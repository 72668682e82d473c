package dev.homeport.call;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import org.jspecify.annotations.Nullable;

/** The deadline of a call that is about to be made: the earlier one of its options and its context. */
public final class CallDeadlines {
    private CallDeadlines() {}

    /** By the current Context; null: none. */
    public static @Nullable Deadline of(CallOptions options) {
        Deadline own = options.getDeadline();
        Deadline outer = Context.current().getDeadline();
        if (own == null || outer == null) {
            return own == null ? outer : own;
        }
        return own.minimum(outer);
    }
}
