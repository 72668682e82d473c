package dev.homeport.lpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.ServerSettings;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.LocalTransport.ConnectionPort;
import dev.homeport.spi.LocalTransport.PortQuery;
import dev.homeport.spi.LocalTransport.PortSearch;
import dev.homeport.spi.LocalTransport.Publication;
import dev.homeport.spi.LocalTransport.PublishRequest;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.InternalClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One call of each shape, from a stub to a handler and back, with both ends in this process. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class WalkingCallTest {
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> UNARY =
            method("Echo", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<ConnectRequest, ConnectRequest> STREAM =
            method("Stream", MethodDescriptor.MethodType.SERVER_STREAMING);
    private static final Setup SERVER = new Setup("server", "", "", 8192, 1 << 20, true, 5_000_000_000L);
    private static final Setup CLIENT = new Setup("client", "agent/1", "here", 8192, 1 << 20, false, 5_000_000_000L);

    private Publication publication;
    private Connection connection;
    private Channel channel;

    private static MethodDescriptor<ConnectRequest, ConnectRequest> method(
            String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<ConnectRequest, ConnectRequest>newBuilder()
                .setType(type)
                .setFullMethodName("test.Walk/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ConnectRequest.getDefaultInstance()))
                .build();
    }

    private static ServerMethodDefinition<?, ?> serve(String name) {
        return switch (name) {
            case "test.Walk/Echo" -> ServerMethodDefinition.create(UNARY, ServerCalls.asyncUnaryCall(
                    WalkingCallTest::echo));
            case "test.Walk/Stream" -> ServerMethodDefinition.create(
                    STREAM, ServerCalls.asyncServerStreamingCall(WalkingCallTest::stream));
            default -> null;
        };
    }

    private static void echo(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        reply.onNext(request);
        reply.onCompleted();
    }

    private static void stream(ConnectRequest request, StreamObserver<ConnectRequest> reply) {
        for (int i = 0; i < request.getQueueBytes(); i++) {
            reply.onNext(ConnectRequest.newBuilder().setQueueBytes(i).setClientName(request.getClientName()).build());
        }
        reply.onCompleted();
    }

    @BeforeEach
    void connect() throws Exception {
        LpcTransport transport = new LpcTransport();
        assertThat(transport.unavailableReason()).isNull();
        String name = "walk-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        ServerSettings server = new ServerSettings(
                new dev.homeport.call.MethodLookup() {
                    @Override
                    public ServerMethodDefinition<?, ?> lookup(String method, String authority) {
                        return serve(method);
                    }

                    @Override
                    public ServerMethodDefinition<?, ?> registered(String method) {
                        return serve(method);
                    }
                },
                Dispatch.ON_READER,
                CallLimits.DEFAULT,
                ServerSettings.Observers.NONE,
                Attributes.EMPTY,
                null);
        publication = transport.publish(
                new PublishRequest(name, List.of(), SERVER, List.of()),
                (port, peer) -> new Connection(port, peer, null, server));
        PortSearch search = transport.find(new PortQuery.ByName(name, -1));
        ConnectionPort found = ((PortSearch.Found) search).port();
        AtomicReference<Connection> made = new AtomicReference<>();
        transport.connect(found, CLIENT, (port, peer) -> {
            made.set(new Connection(
                    port, peer, new ClientSettings("here", null, CallLimits.DEFAULT, Attributes.EMPTY), null));
            return made.get();
        });
        connection = made.get();
        channel = new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
                return connection.newCall(method, options);
            }

            @Override
            public String authority() {
                return "here";
            }
        };
    }

    @AfterEach
    void close() {
        connection.shutdownNow(Status.UNAVAILABLE.withDescription("test is over"));
        publication.close();
    }

    private ConnectRequest call(ConnectRequest request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                UNARY,
                InternalClientCalls.setStubType(CallOptions.DEFAULT, InternalClientCalls.StubType.BLOCKING),
                request);
    }

    @Test
    void blockingUnaryCallIsEchoed() {
        for (int i = 0; i < 1000; i++) {
            ConnectRequest request = ConnectRequest.newBuilder().setQueueBytes(i).setClientName("x".repeat(i % 100)).build();
            assertThat(call(request)).isEqualTo(request);
        }
    }

    @Test
    void largeMessageTravelsInPieces() {
        ConnectRequest request = ConnectRequest.newBuilder().setClientName("x".repeat(3_000_000)).build();
        assertThat(call(request)).isEqualTo(request);
    }

    @Test
    void largeMessagesTravelInSections() {
        ConnectRequest request = ConnectRequest.newBuilder().setClientName("y".repeat(1_000_000)).build();
        for (int i = 0; i < 200; i++) {
            assertThat(call(request)).isEqualTo(request);
        }
    }

    @Test
    void streamArrivesWholeAndInOrder() {
        Iterator<ConnectRequest> replies = ClientCalls.blockingServerStreamingCall(
                channel, STREAM, CallOptions.DEFAULT,
                ConnectRequest.newBuilder().setQueueBytes(50_000).setClientName("payload").build());
        int expected = 0;
        while (replies.hasNext()) {
            assertThat(replies.next().getQueueBytes()).isEqualTo(expected++);
        }
        assertThat(expected).isEqualTo(50_000);
    }

    @Test
    void futureStubIsServedByTheBackgroundReader() throws Exception {
        ConnectRequest request = ConnectRequest.newBuilder().setQueueBytes(7).build();
        assertThat(ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), request).get())
                .isEqualTo(request);
    }
}
