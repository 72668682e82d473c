package dev.homeport.generic;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;

/** A method that was found by its name: its shape, its messages, and how they look in JSON. Immutable. */
public final class GenericMethod {
    private final com.google.protobuf.Descriptors.MethodDescriptor method;
    private final MethodDescriptor<Message, DynamicMessage> call;
    private final JsonMapping json;

    GenericMethod(com.google.protobuf.Descriptors.MethodDescriptor method) {
        this.method = method;
        this.call = MethodDescriptor.<Message, DynamicMessage>newBuilder()
                .setType(typeOf(method))
                .setFullMethodName(MethodDescriptor.generateFullMethodName(
                        method.getService().getFullName(), method.getName()))
                .setRequestMarshaller(anyMessage(method.getInputType()))
                .setResponseMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getOutputType())))
                .build();
        this.json = new JsonMapping(TypeRegistry.newBuilder()
                .add(method.getInputType())
                .add(method.getOutputType())
                .build());
    }

    private static MethodType typeOf(com.google.protobuf.Descriptors.MethodDescriptor method) {
        if (method.isClientStreaming()) {
            return method.isServerStreaming() ? MethodType.BIDI_STREAMING : MethodType.CLIENT_STREAMING;
        }
        return method.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY;
    }

    /** Protobuf's marshaller writes any message; which one is checked before. */
    @SuppressWarnings("unchecked")
    private static Marshaller<Message> anyMessage(Descriptor type) {
        Marshaller<?> ofType = ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(type));
        return (Marshaller<Message>) ofType;
    }

    /** Full name, such as {@code package.Service/Method}. */
    public String name() {
        return call.getFullMethodName();
    }

    public MethodType type() {
        return call.getType();
    }

    public Descriptor requestType() {
        return method.getInputType();
    }

    public Descriptor replyType() {
        return method.getOutputType();
    }

    /** The method as gRPC knows it, for callers that use {@code Channel.newCall} themselves. */
    public MethodDescriptor<Message, DynamicMessage> descriptor() {
        return call;
    }

    /** An empty request to be filled. */
    public DynamicMessage.Builder newRequest() {
        return DynamicMessage.newBuilder(requestType());
    }

    /**
     * A request from its JSON.
     *
     * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT that names what is wrong: malformed, too deep,
     *     too large, an unknown field, a value of the wrong type
     */
    public DynamicMessage requestOf(String text) {
        return json.parse(text, requestType());
    }

    /** A message of this method as JSON. */
    public String toJson(Message message) {
        return json.print(message);
    }

    /** @throws io.grpc.StatusRuntimeException UNIMPLEMENTED if the method is of another shape */
    void requireType(MethodType wanted) {
        if (type() != wanted) {
            throw Status.UNIMPLEMENTED
                    .withDescription("method " + name() + " is " + type() + ", not " + wanted)
                    .asRuntimeException();
        }
    }

    /** @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if it is the message of another method */
    Message requireRequest(Message request) {
        Descriptor given = request.getDescriptorForType();
        if (given != requestType() && !given.getFullName().equals(requestType().getFullName())) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("method " + name() + " takes " + requestType().getFullName() + ", not "
                            + given.getFullName())
                    .asRuntimeException();
        }
        return request;
    }

    @Override
    public String toString() {
        return "GenericMethod[" + name() + ", " + type() + "]";
    }
}
