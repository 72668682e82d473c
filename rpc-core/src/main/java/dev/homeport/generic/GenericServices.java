package dev.homeport.generic;

import com.google.protobuf.BlockingService;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.RpcCallback;
import com.google.protobuf.RpcUtil;
import com.google.protobuf.Service;
import com.google.protobuf.ServiceException;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/**
 * Protobuf's own services, such as {@code java_generic_services} generates, as services of any gRPC server.
 * Methods with streams are left out: protobuf's services have none, and calls to them end UNIMPLEMENTED.
 */
public final class GenericServices {
    private GenericServices() {}

    /** How a service serves one of its methods. */
    @FunctionalInterface
    private interface Serving {
        void serve(MethodDescriptor method, Message request, StreamObserver<Message> reply);
    }

    /** A service that calls back when it is done, from any thread. */
    public static ServerServiceDefinition of(Service service) {
        return define(
                service.getDescriptorForType(),
                service::getRequestPrototype,
                service::getResponsePrototype,
                (method, request, reply) -> serve(service, method, request, reply));
    }

    /** A service that returns when it is done; the thread that called it is kept until then. */
    public static ServerServiceDefinition of(BlockingService service) {
        return define(
                service.getDescriptorForType(),
                service::getRequestPrototype,
                service::getResponsePrototype,
                (method, request, reply) -> serve(service, method, request, reply));
    }

    private static ServerServiceDefinition define(
            ServiceDescriptor service,
            Function<MethodDescriptor, Message> requests,
            Function<MethodDescriptor, Message> replies,
            Serving serving) {
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.getFullName());
        for (MethodDescriptor method : service.getMethods()) {
            if (!method.isClientStreaming() && !method.isServerStreaming()) {
                definition.addMethod(
                        ServiceMethods.of(method, requests.apply(method), replies.apply(method)),
                        ServerCalls.asyncUnaryCall((request, reply) -> serving.serve(method, request, reply)));
            }
        }
        return definition.build();
    }

    private static void serve(Service service, MethodDescriptor method, Message request, StreamObserver<Message> reply) {
        CallController controller = controllerOf(reply);
        RpcCallback<Message> done = message -> finish(controller, message, reply);
        service.callMethod(method, controller, request, RpcUtil.newOneTimeCallback(done));
    }

    private static void serve(
            BlockingService service, MethodDescriptor method, Message request, StreamObserver<Message> reply) {
        CallController controller = controllerOf(reply);
        try {
            finish(controller, service.callBlockingMethod(method, controller, request), reply);
        } catch (ServiceException e) {
            reply.onError(statusOf(controller, e).asRuntimeException());
        }
    }

    private static CallController controllerOf(StreamObserver<Message> reply) {
        CallController controller = new CallController();
        ((ServerCallStreamObserver<Message>) reply).setOnCancelHandler(controller::cancel);
        return controller;
    }

    private static void finish(
            CallController controller, @org.jspecify.annotations.Nullable Message message, StreamObserver<Message> reply) {
        if (controller.failed()) {
            reply.onError(controller.status().asRuntimeException());
        } else if (message == null) {
            reply.onError(Status.INTERNAL
                    .withDescription("the service gave neither a reply nor a failure")
                    .asRuntimeException());
        } else {
            reply.onNext(message);
            reply.onCompleted();
        }
    }

    private static Status statusOf(CallController controller, ServiceException e) {
        if (controller.failed()) {
            return controller.status();
        }
        return e.getCause() instanceof StatusRuntimeException status
                ? status.getStatus()
                : Status.UNKNOWN.withDescription(e.getMessage()).withCause(e);
    }
}
