package dev.homeport.call;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.InBody;
import dev.homeport.spi.OutBody;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How the messages of one marshaller become bytes and are read again. Protobuf's own marshaller is seen
 * through: its messages are written to and parsed from arrays without a stream between. All others are
 * asked for their streams. Immutable; any thread.
 */
final class MessageCodec {
    private static final String PROTOBUF_MARSHALLERS = "io.grpc.protobuf.";

    /** What protobuf buffers of a stream, in bytes: its own default. */
    private static final int STREAM_BYTES = 4096;
    /** Messages without bytes fields are parsed as they come from this length on. */
    private static final int STREAMED_FROM_BYTES = 1024 * 1024;
    /** Bytes fields share the array of their message from this length on; a field that is kept keeps the message. */
    private static final int SHARED_FROM_BYTES = 16 * 1024;

    private final Marshaller<?> marshaller;
    /** Parses without the marshaller; null where only the marshaller may. */
    private final @Nullable Parser<?> parser;
    private final boolean writesMessageLite;
    /** A message may have fields of type bytes, at some depth. */
    private final boolean hasBytes;

    private MessageCodec(
            Marshaller<?> marshaller, @Nullable Parser<?> parser, boolean writesMessageLite, boolean hasBytes) {
        this.marshaller = marshaller;
        this.parser = parser;
        this.writesMessageLite = writesMessageLite;
        this.hasBytes = hasBytes;
    }

    static MessageCodec of(Marshaller<?> marshaller) {
        if (marshaller instanceof PrototypeMarshaller<?> typed
                && typed.getMessagePrototype() instanceof MessageLite prototype
                && marshaller.getClass().getName().startsWith(PROTOBUF_MARSHALLERS)) {
            return new MessageCodec(marshaller, parserWithoutRegistry(prototype), true, hasBytes(prototype));
        }
        return new MessageCodec(marshaller, null, false, true);
    }

    /**
     * The prototype's parser if no extension registry can make a difference. Which registry the marshaller
     * uses cannot be asked, so a type that allows extensions, or whose descriptor is missing, is left to it.
     */
    private static @Nullable Parser<?> parserWithoutRegistry(MessageLite prototype) {
        if (prototype instanceof Message message && !allowsExtensions(message.getDescriptorForType())) {
            return prototype.getParserForType();
        }
        return null;
    }

    private static boolean allowsExtensions(Descriptor root) {
        return anyType(root, Descriptor::isExtendable, new HashSet<>());
    }

    private static boolean hasBytes(MessageLite prototype) {
        return !(prototype instanceof Message message) || anyType(
                message.getDescriptorForType(),
                type -> type.getFields().stream().anyMatch(f -> f.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING),
                new HashSet<>());
    }

    /** Whether a type, or one of its fields at any depth, is such a one. */
    private static boolean anyType(Descriptor type, Predicate<Descriptor> is, Set<Descriptor> seen) {
        if (!seen.add(type)) {
            return false;
        }
        if (is.test(type)) {
            return true;
        }
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && anyType(field.getMessageType(), is, seen)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a message can be kept as it is and written later: it cannot change, and its size is known. */
    boolean isImmutable(Object message) {
        return writesMessageLite && message instanceof MessageLite;
    }

    /** Bytes of a message for which {@link #isImmutable} holds. */
    static int sizeOf(Object immutable) {
        return ((MessageLite) immutable).getSerializedSize();
    }

    /** Writes a message for which {@link #isImmutable} holds; exactly {@code length} bytes. */
    static void write(Object immutable, byte[] into, int at, int length) {
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(into, at, length);
            ((MessageLite) immutable).writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("message changed its size while it was written", e);
        }
    }

    /**
     * The same into space beside the queue; fills it.
     *
     * @throws IOException if the space can no longer be written
     */
    static void write(Object immutable, OutBody body) throws IOException {
        ByteBuffer buffer = body.buffer();
        if (buffer != null) {
            CodedOutputStream out = CodedOutputStream.newInstance(buffer);
            ((MessageLite) immutable).writeTo(out);
            out.flush();
            if (buffer.hasRemaining()) {
                throw new IOException("message changed its size while it was written");
            }
            return;
        }
        try (OutputStream stream = body.stream()) {
            CodedOutputStream out = CodedOutputStream.newInstance(stream, STREAM_BYTES);
            ((MessageLite) immutable).writeTo(out);
            out.flush();
        }
    }

    /**
     * What is sent for a message that is not {@link #isImmutable}: its bytes, in a section if it says how
     * long it is and there is room. Runs the application's code.
     */
    @SuppressWarnings("unchecked")
    Object toPayload(Object message, FramePort port) {
        if (isImmutable(message)) {
            return message;
        }
        try (InputStream stream = ((Marshaller<Object>) marshaller).stream(message)) {
            int length = stream instanceof KnownLength ? stream.available() : 0;
            OutBody body = length > port.maxInlineBytes() ? port.tryAllocate(length) : null;
            return body == null ? drain(stream) : drainInto(body, stream, length);
        } catch (IOException e) {
            throw Status.INTERNAL.withDescription("Failed to frame message").withCause(e).asRuntimeException();
        }
    }

    private static Object drainInto(OutBody body, InputStream stream, int length) throws IOException {
        boolean filled = false;
        try (OutputStream out = body.stream()) {
            if (stream instanceof Drainable drainable) {
                drainable.drainTo(out);
            } else {
                stream.transferTo(out);
            }
            filled = true;
        } catch (IOException | RuntimeException | Error e) {
            filled = false;
            throw e;
        } finally {
            if (!filled) {
                body.discard();
            }
        }
        body.written();
        return new Payload.Placed(body, length);
    }

    private static byte[] drain(InputStream stream) throws IOException {
        if (stream instanceof Drainable drainable) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(Math.max(32, stream.available()));
            drainable.drainTo(out);
            return out.toByteArray();
        }
        return stream.readAllBytes();
    }

    /**
     * The message in these bytes without any code of the application, or null if that cannot be: the
     * marshaller's word is needed.
     */
    @Nullable Object tryParse(byte[] bytes, int at, int length) {
        Parser<?> direct = parser;
        if (direct == null) {
            return null;
        }
        try {
            CodedInputStream in = CodedInputStream.newInstance(bytes, at, length);
            Object message = direct.parseFrom(in);
            in.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            return null;
        }
    }

    /**
     * The message in these bytes by its marshaller. Runs the application's code.
     *
     * @throws RuntimeException what the marshaller throws, if they hold none
     */
    Object parse(byte[] bytes) {
        return marshaller.parse(new MessageBytes(bytes, 0, bytes.length));
    }

    /**
     * A large message, which is released. Runs the application's code unless the parser is known. Bytes that the
     * peer changes meanwhile make another message or an error, no more.
     *
     * @throws UnreadableBody if the peer's memory can no longer be read
     */
    Object parse(InBody body) {
        Parser<?> direct = parser;
        Object message = direct == null ? null : tryParse(direct, body);
        if (message != null) {
            body.release();
            return message;
        }
        return parseByMarshaller(body);
    }

    private Object parseByMarshaller(InBody body) {
        boolean inPlace = body.buffer() != null;
        try (InputStream stream =
                inPlace ? new BodyStream(body, marshaller.getClass().getName()) : body.stream()) {
            return marshaller.parse(stream);
        } catch (IOException | RuntimeException e) {
            throw failureOf(body, e);
        } finally {
            // In place, the stream releases it, unless it was detached.
            if (!inPlace) {
                body.release();
            }
        }
    }

    private static RuntimeException failureOf(InBody body, Exception thrown) {
        String failure = body.failure();
        if (failure != null) {
            return new UnreadableBody(failure);
        }
        return thrown instanceof RuntimeException known ? known : new UncheckedIOException((IOException) thrown);
    }

    private @Nullable Object tryParse(Parser<?> known, InBody body) {
        try {
            CodedInputStream in = decoderOf(body);
            Object message = known.parseFrom(in);
            in.checkLastTagWas(0);
            return message;
        } catch (IOException e) {
            return null;
        } catch (RuntimeException | Error e) {
            body.release();
            throw e;
        }
    }

    /**
     * One copy where protobuf would make two: on this JDK its decoders of buffers copy the whole first, and those of
     * streams each {@code bytes} field twice (16 MiB: 32 MiB allocated either way, 2026-11-23). So a message with such
     * fields is copied into an array of its own of which the fields are parts; others are parsed as they come.
     */
    private CodedInputStream decoderOf(InBody body) throws IOException {
        int length = body.lengthBytes();
        if (length >= STREAMED_FROM_BYTES && !hasBytes) {
            return CodedInputStream.newInstance(body.stream(), STREAM_BYTES);
        }
        byte[] bytes = new byte[length];
        body.copyTo(bytes);
        if (length < SHARED_FROM_BYTES) {
            return CodedInputStream.newInstance(bytes);
        }
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
        in.enableAliasing(true);
        return in;
    }
}
