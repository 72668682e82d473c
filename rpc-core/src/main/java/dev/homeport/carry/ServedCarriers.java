package dev.homeport.carry;

import dev.homeport.call.CallLimits;
import dev.homeport.idl.v1.CallbackCarrierGrpc;
import dev.homeport.idl.v1.Carried;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The carrying streams of one server's clients by TCP, by their tokens, and the service that takes them. Any thread.
 */
public final class ServedCarriers {
    private final CallLimits limits;
    private final Consumer<ServedCarrier> onOpened;
    private final Map<CallTag.Token, ServedCarrier> carriers = new ConcurrentHashMap<>();
    private volatile boolean retiring;

    /**
     * @param limits of what clients may send
     * @param onOpened told of each stream, soon
     */
    public ServedCarriers(CallLimits limits, Consumer<ServedCarrier> onOpened) {
        this.limits = limits;
        this.onOpened = onOpened;
    }

    /** The stream's method. */
    public static MethodDescriptor<Carried, Carried> method() {
        return CallbackCarrierGrpc.getCarryMethod();
    }

    /** Takes streams. */
    public ServerCallHandler<Carried, Carried> handler() {
        return (call, headers) -> {
            Object client = CarrierCounts.client(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
            String refusal = CarrierCounts.OF_PROCESS.enter(client);
            if (refusal != null) {
                call.close(Status.RESOURCE_EXHAUSTED.withDescription(refusal), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            return new ServedCarrier(this, call, () -> CarrierCounts.OF_PROCESS.leave(client)).listener();
        };
    }

    /** The service by which a server takes streams. */
    public ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(CallbackCarrierGrpc.getServiceDescriptor())
                .addMethod(method(), handler())
                .build();
    }

    CallLimits limits() {
        return limits;
    }

    /** The stream that a call names; null if it is not here, or no more. */
    public @Nullable ServedCarrier find(CallTag tag) {
        return carriers.get(tag.carrier());
    }

    /** Streams that are open. */
    public int size() {
        return carriers.size();
    }

    /** Takes a stream in, which is ready. */
    void add(ServedCarrier carrier) {
        carriers.put(carrier.token(), carrier);
    }

    /** After {@link #add}, once the client can be told. */
    void opened(ServedCarrier carrier) {
        onOpened.accept(carrier);
        if (retiring) {
            carrier.retire();
        }
    }

    void remove(ServedCarrier carrier) {
        carriers.remove(carrier.token(), carrier);
    }

    /** Lets all streams end when the calls that name them have. */
    public void shutdown() {
        retiring = true;
        List.copyOf(carriers.values()).forEach(ServedCarrier::retire);
    }
}
