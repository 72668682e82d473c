import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;

/** A server and its client as they were written years ago: Java 8, and nothing but io.grpc. */
public class OldProgram {
    static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<String>() {
        @Override
        public InputStream stream(String text) {
            return new ByteArrayInputStream(text.getBytes());
        }

        @Override
        public String parse(InputStream stream) {
            try {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                for (int b = stream.read(); b >= 0; b = stream.read()) {
                    bytes.write(b);
                }
                return bytes.toString();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    };

    static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder()
                .setFullMethodName("old.Service/" + name)
                .setType(type)
                .setRequestMarshaller(TEXT)
                .setResponseMarshaller(TEXT)
                .build();
    }

    public static void main(String[] arguments) throws Exception {
        MethodDescriptor<String, String> once = method("Once", MethodDescriptor.MethodType.UNARY);
        MethodDescriptor<String, String> thrice = method("Thrice", MethodDescriptor.MethodType.SERVER_STREAMING);
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(ServerServiceDefinition.builder("old.Service")
                        .addMethod(once, ServerCalls.asyncUnaryCall((String text, StreamObserver<String> reply) -> {
                            reply.onNext("heard " + text);
                            reply.onCompleted();
                        }))
                        .addMethod(thrice, ServerCalls.asyncServerStreamingCall(
                                (String text, StreamObserver<String> reply) -> {
                                    for (int i = 0; i < 3; i++) {
                                        reply.onNext(text + i);
                                    }
                                    reply.onCompleted();
                                }))
                        .build())
                .build()
                .start();
        ManagedChannelBuilder<?> builder =
                Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create());
        System.out.println("builder: " + builder.getClass().getName());
        ManagedChannel channel = builder.build();
        System.out.println(ClientCalls.blockingUnaryCall(channel, once, CallOptions.DEFAULT, "hello"));
        Iterator<String> replies =
                ClientCalls.blockingServerStreamingCall(channel, thrice, CallOptions.DEFAULT, "again ");
        while (replies.hasNext()) {
            System.out.println(replies.next());
        }
        channel.shutdownNow();
        server.shutdownNow();
        System.out.println("done");
    }
}
