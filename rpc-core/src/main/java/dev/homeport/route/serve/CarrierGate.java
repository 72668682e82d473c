package dev.homeport.route.serve;

import dev.homeport.carry.ServedCarriers;
import dev.homeport.idl.v1.Carried;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Brings carrying streams past the program's interceptors, rules and executor. Those are for the program's calls: a
 * stream gives its client nothing but a name to put into calls, and those calls are looked at as ever. On an executor
 * of the program its frames would wait behind the handlers that wait for them.
 */
public record CarrierGate(ServedCarriers carriers) implements ServerInterceptor {

    @Override
    @SuppressWarnings("unchecked")
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!isCarrier(call)) {
            return next.startCall(call, headers);
        }
        return (ServerCall.Listener<Q>) carriers.handler().startCall((ServerCall<Carried, Carried>) call, headers);
    }

    private static boolean isCarrier(ServerCall<?, ?> call) {
        return call.getMethodDescriptor().getFullMethodName().equals(ServedCarriers.method().getFullMethodName());
    }

    /** Keeps the program's choice for all other calls. */
    public ServerCallExecutorSupplier executors(@Nullable ServerCallExecutorSupplier program) {
        return new ServerCallExecutorSupplier() {
            @Override
            public <Q, R> @Nullable Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
                if (isCarrier(call)) {
                    return Runnable::run;
                }
                return program == null ? null : program.getExecutor(call, headers);
            }
        };
    }
}
