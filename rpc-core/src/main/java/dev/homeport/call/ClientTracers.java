package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;

/**
 * The stream tracers of one outgoing call, told what a stream of gRPC would tell them. The empty one does
 * nothing. Methods may be called from the sending and the delivering thread at once, as gRPC does.
 */
final class ClientTracers {
    static final ClientTracers NONE = new ClientTracers(new ClientStreamTracer[0]);

    private final ClientStreamTracer[] tracers;
    private int sentMessages;
    private int readMessages;

    private ClientTracers(ClientStreamTracer[] tracers) {
        this.tracers = tracers;
    }

    /** Makes the tracers that the options name; they may add to the headers. */
    static ClientTracers create(CallOptions options, Attributes transport, Metadata headers) {
        List<ClientStreamTracer.Factory> factories = options.getStreamTracerFactories();
        if (factories.isEmpty()) {
            return NONE;
        }
        ClientStreamTracer.StreamInfo info =
                ClientStreamTracer.StreamInfo.newBuilder().setCallOptions(options).build();
        ClientStreamTracer[] tracers = new ClientStreamTracer[factories.size()];
        for (int i = 0; i < tracers.length; i++) {
            tracers[i] = factories.get(i).newClientStreamTracer(info, headers);
            tracers[i].streamCreated(transport, headers);
        }
        return new ClientTracers(tracers);
    }

    void outboundHeaders() {
        for (ClientStreamTracer tracer : tracers) {
            tracer.outboundHeaders();
        }
    }

    void outboundMessage(int bytes) {
        if (tracers.length == 0) {
            return;
        }
        int number = sentMessages++;
        for (ClientStreamTracer tracer : tracers) {
            tracer.outboundMessage(number);
            tracer.outboundMessageSent(number, bytes, bytes);
            tracer.outboundWireSize(bytes);
            tracer.outboundUncompressedSize(bytes);
        }
    }

    void inboundHeaders(Metadata headers) {
        for (ClientStreamTracer tracer : tracers) {
            tracer.inboundHeaders(headers);
        }
    }

    void inboundMessage(int bytes) {
        if (tracers.length == 0) {
            return;
        }
        int number = readMessages++;
        for (ClientStreamTracer tracer : tracers) {
            tracer.inboundMessage(number);
            tracer.inboundWireSize(bytes);
            tracer.inboundUncompressedSize(bytes);
            tracer.inboundMessageRead(number, bytes, bytes);
        }
    }

    void inboundTrailers(Metadata trailers) {
        for (ClientStreamTracer tracer : tracers) {
            tracer.inboundTrailers(trailers);
        }
    }

    void streamClosed(Status status) {
        for (ClientStreamTracer tracer : tracers) {
            tracer.streamClosed(status);
        }
    }
}
