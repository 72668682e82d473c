package dev.homeport.generic;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The methods of protobuf's own services as gRPC knows them. One for each, so that a connection numbers it once.
 * Bounded by the methods that the program has been generated with.
 */
final class ServiceMethods {
    private static final Map<MethodDescriptor, io.grpc.MethodDescriptor<Message, Message>> KNOWN =
            new ConcurrentHashMap<>();

    private ServiceMethods() {}

    static io.grpc.MethodDescriptor<Message, Message> of(MethodDescriptor method, Message request, Message reply) {
        io.grpc.MethodDescriptor<Message, Message> known = KNOWN.get(method);
        return known != null
                ? known
                : KNOWN.computeIfAbsent(
                        method,
                        key -> make(key, request.getDefaultInstanceForType(), reply.getDefaultInstanceForType()));
    }

    /** Streams are gRPC's; protobuf's services know only one request and one reply. */
    private static io.grpc.MethodDescriptor<Message, Message> make(
            MethodDescriptor method, Message request, Message reply) {
        return io.grpc.MethodDescriptor.<Message, Message>newBuilder()
                .setType(MethodType.UNARY)
                .setFullMethodName(io.grpc.MethodDescriptor.generateFullMethodName(
                        method.getService().getFullName(), method.getName()))
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(reply))
                .build();
    }
}
