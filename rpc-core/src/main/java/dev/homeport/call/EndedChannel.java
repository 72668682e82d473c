package dev.homeport.call;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;

/** A channel on which no call can be made: each ends with the same status. Immutable. */
public final class EndedChannel extends Channel {
    /** The way back to a caller that serves nothing. */
    public static final EndedChannel NO_CALLBACKS =
            precondition("the caller serves no callbacks: its channel was built without callback services");

    private final Status status;

    public EndedChannel(Status status) {
        this.status = status;
    }

    /** A channel whose calls end FAILED_PRECONDITION with that description. */
    public static EndedChannel precondition(String description) {
        return new EndedChannel(Status.FAILED_PRECONDITION.withDescription(description));
    }

    @Override
    public String authority() {
        return "nobody";
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        Executor named = options.getExecutor();
        return new EndedCall<>(status, named != null ? named : CommonExecutor.INSTANCE);
    }
}
