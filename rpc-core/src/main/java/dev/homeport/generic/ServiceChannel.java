package dev.homeport.generic;

import com.google.protobuf.BlockingRpcChannel;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.RpcCallback;
import com.google.protobuf.RpcChannel;
import com.google.protobuf.RpcController;
import com.google.protobuf.ServiceException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A channel of gRPC as a channel of protobuf's own services, so that the stubs which {@code java_generic_services}
 * generates run on it unchanged, blocking or with callbacks. Failures are told by the controller, with the whole
 * status if it is a {@link CallController}; blocking stubs throw {@link ServiceException} with the
 * {@link StatusRuntimeException} as its cause. Thread-safe.
 */
public final class ServiceChannel implements RpcChannel, BlockingRpcChannel {
    private final Channel channel;
    private final CallOptions options;

    public ServiceChannel(Channel channel) {
        this(channel, CallOptions.DEFAULT);
    }

    private ServiceChannel(Channel channel, CallOptions options) {
        this.channel = channel;
        this.options = options;
    }

    /** The same channel with a deadline for the calls begun from now on. */
    public ServiceChannel withDeadlineAfter(long duration, TimeUnit unit) {
        return new ServiceChannel(channel, options.withDeadlineAfter(duration, unit));
    }

    /** The same channel with other options. */
    public ServiceChannel withOptions(CallOptions changed) {
        return new ServiceChannel(channel, changed);
    }

    @Override
    public void callMethod(
            MethodDescriptor method,
            @Nullable RpcController controller,
            Message request,
            Message responsePrototype,
            RpcCallback<Message> done) {
        ClientCall<Message, Message> call = newCall(method, request, responsePrototype);
        if (controller instanceof CallController ours) {
            ours.whenCancelled(() -> call.cancel("cancelled by the controller", null));
        }
        ClientCalls.asyncUnaryCall(call, request, new Done(controller, done));
    }

    @Override
    public Message callBlockingMethod(
            MethodDescriptor method, @Nullable RpcController controller, Message request, Message responsePrototype)
            throws ServiceException {
        try {
            io.grpc.MethodDescriptor<Message, Message> grpc = ServiceMethods.of(method, request, responsePrototype);
            return ClientCalls.blockingUnaryCall(channel, grpc, options, request);
        } catch (StatusRuntimeException e) {
            fail(controller, e.getStatus());
            throw new ServiceException(CallController.textOf(e.getStatus()), e);
        }
    }

    private ClientCall<Message, Message> newCall(MethodDescriptor method, Message request, Message response) {
        return channel.newCall(ServiceMethods.of(method, request, response), options);
    }

    private static void fail(@Nullable RpcController controller, Status status) {
        if (controller instanceof CallController ours) {
            ours.setFailed(status);
        } else if (controller != null) {
            controller.setFailed(CallController.textOf(status));
        }
    }

    /** Tells protobuf's callback: the reply, or null after the controller was told of a failure. */
    private static final class Done implements StreamObserver<Message> {
        private final @Nullable RpcController controller;
        private final RpcCallback<Message> done;
        private @Nullable Message reply;

        Done(@Nullable RpcController controller, RpcCallback<Message> done) {
            this.controller = controller;
            this.done = done;
        }

        @Override
        public void onNext(Message value) {
            reply = value;
        }

        @Override
        public void onError(Throwable cause) {
            fail(controller, Status.fromThrowable(cause));
            done.run(null);
        }

        @Override
        public void onCompleted() {
            done.run(reply);
        }
    }
}
