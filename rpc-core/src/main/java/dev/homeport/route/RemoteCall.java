package dev.homeport.route;

import dev.homeport.Route;
import io.grpc.Attributes;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;

/** A call of the remote channel, unchanged but for the route among its attributes. */
final class RemoteCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private final Route route;

    RemoteCall(ClientCall<Q, R> call, Route route) {
        super(call);
        this.route = route;
    }

    @Override
    public Attributes getAttributes() {
        return super.getAttributes().toBuilder().set(Route.ATTRIBUTE, route).build();
    }
}
