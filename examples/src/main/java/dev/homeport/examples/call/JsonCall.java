package dev.homeport.examples.call;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.homeport.generic.GenericMethod;
import dev.homeport.generic.GenericStub;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

/**
 * One call of any shape: JSON in, and each reply to standard output as it comes. The requests of a stream are sent by
 * a thread of their own, so that replies are seen while standard input is still open.
 */
final class JsonCall {
    private final GenericStub stub;
    private final GenericMethod method;
    private final CallTarget target;
    private final AtomicReference<Metadata> headers = new AtomicReference<>();
    private final AtomicReference<Metadata> trailers = new AtomicReference<>();
    /** What was wrong with a request in the midst of a stream. */
    private volatile @Nullable ParameterException fault;

    JsonCall(GenericStub stub, GenericMethod method, CallTarget target) {
        this.stub = stub.withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
        this.method = method;
        this.target = target;
    }

    void run(Iterator<String> requests) throws StatusException, InterruptedException {
        try {
            switch (method.type()) {
                case UNARY -> print(stub.unary(method.name(), onlyOne(requests)));
                case SERVER_STREAMING ->
                    stub.serverStreaming(method.name(), onlyOne(requests)).forEachRemaining(this::print);
                case CLIENT_STREAMING ->
                    stream(ClientCalls.blockingClientStreamingCall(
                            stub.getChannel(), method.descriptor(), stub.getCallOptions()), requests);
                case BIDI_STREAMING ->
                    stream(ClientCalls.blockingBidiStreamingCall(
                            stub.getChannel(), method.descriptor(), stub.getCallOptions()), requests);
                case UNKNOWN -> throw new IllegalStateException(method.toString());
            }
        } finally {
            tell("header", headers.get());
            tell("trailer", trailers.get());
        }
    }

    private Message onlyOne(Iterator<String> requests) {
        Message request = parse(requests.hasNext() ? requests.next() : "{}");
        if (requests.hasNext()) {
            throw target.wrong("method " + method.name() + " takes one message");
        }
        return request;
    }

    private Message parse(String json) {
        return target.asked(() -> method.requestOf(json));
    }

    private void stream(BlockingClientCall<Message, DynamicMessage> call, Iterator<String> requests)
            throws StatusException, InterruptedException {
        Thread sender = Thread.ofPlatform().daemon().name("requests").start(() -> send(requests, call));
        try {
            for (DynamicMessage reply = call.read(); reply != null; reply = call.read()) {
                print(reply);
            }
        } catch (StatusException e) {
            if (fault != null) {
                throw fault;
            }
            throw e;
        } finally {
            sender.interrupt();
        }
    }

    private void send(Iterator<String> requests, BlockingClientCall<Message, DynamicMessage> call) {
        try {
            while (requests.hasNext()) {
                if (!call.write(parse(requests.next()))) {
                    return;
                }
            }
            call.halfClose();
        } catch (ParameterException e) {
            fault = e;
            call.cancel("a request could not be made", e);
        } catch (StatusException | StatusRuntimeException e) {
            // The call has ended, and its reader tells how.
        } catch (InterruptedException e) {
            // The call has ended.
        } catch (java.io.UncheckedIOException e) {
            call.cancel(Status.fromThrowable(e).toString(), e);
        }
    }

    private void print(Message reply) {
        PrintWriter out = target.commandLine().getOut();
        out.println(method.toJson(reply));
        out.flush();
    }

    private void tell(String kind, @Nullable Metadata metadata) {
        if (!target.isVerbose() || metadata == null) {
            return;
        }
        PrintWriter errors = target.commandLine().getErr();
        for (String name : metadata.keys()) {
            if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                String value = metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
                errors.println(kind + ": " + name + ": " + value);
            } else {
                byte[] value = metadata.get(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
                errors.println(kind + ": " + name + ": " + java.util.Base64.getEncoder().encodeToString(value));
            }
        }
        errors.flush();
    }
}
