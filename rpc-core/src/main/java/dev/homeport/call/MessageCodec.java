package dev.homeport.call;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
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
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the messages of one marshaller become bytes and are read again. Protobuf's own marshaller is seen
 * through: its messages are written to and parsed from arrays without a stream between. All others are
 * asked for their streams. Immutable; any thread.
 */
final class MessageCodec {
    private static final String PROTOBUF_MARSHALLERS = "io.grpc.protobuf.";

    private final Marshaller<?> marshaller;
    /** Parses without the marshaller; null where only the marshaller may. */
    private final @Nullable Parser<?> parser;
    private final boolean writesMessageLite;

    private MessageCodec(Marshaller<?> marshaller, @Nullable Parser<?> parser, boolean writesMessageLite) {
        this.marshaller = marshaller;
        this.parser = parser;
        this.writesMessageLite = writesMessageLite;
    }

    static MessageCodec of(Marshaller<?> marshaller) {
        if (marshaller instanceof PrototypeMarshaller<?> typed
                && typed.getMessagePrototype() instanceof MessageLite prototype
                && marshaller.getClass().getName().startsWith(PROTOBUF_MARSHALLERS)) {
            return new MessageCodec(marshaller, parserWithoutRegistry(prototype), true);
        }
        return new MessageCodec(marshaller, null, false);
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
        return allowsExtensions(root, new HashSet<>());
    }

    private static boolean allowsExtensions(Descriptor type, Set<Descriptor> seen) {
        if (!seen.add(type)) {
            return false;
        }
        if (type.isExtendable()) {
            return true;
        }
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                    && allowsExtensions(field.getMessageType(), seen)) {
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

    /** The same into a buffer, from its position; fills it. */
    static void write(Object immutable, ByteBuffer into) {
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(into);
            ((MessageLite) immutable).writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException("message changed its size while it was written", e);
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
        try {
            BufferStream out = new BufferStream(body.buffer());
            if (stream instanceof Drainable drainable) {
                drainable.drainTo(out);
            } else {
                stream.transferTo(out);
            }
            filled = out.isFull();
            if (!filled) {
                throw new IOException("message shorter than it said: lengthBytes=" + length);
            }
            body.written();
            return new Payload.Placed(body, length);
        } finally {
            if (!filled) {
                body.discard();
            }
        }
    }

    private static byte[] drain(InputStream stream) throws IOException {
        if (stream instanceof Drainable drainable) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(Math.max(32, stream.available()));
            drainable.drainTo(out);
            return out.toByteArray();
        }
        return stream.readAllBytes();
    }

    private static final class BufferStream extends OutputStream {
        private final ByteBuffer buffer;

        BufferStream(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        boolean isFull() {
            return !buffer.hasRemaining();
        }

        @Override
        public void write(int b) throws IOException {
            require(1);
            buffer.put((byte) b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            require(length);
            buffer.put(bytes, offset, length);
        }

        private void require(int length) throws IOException {
            if (length > buffer.remaining()) {
                throw new IOException("message longer than it said");
            }
        }
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
     * The message in a section of the peer, which is released. Runs the application's code unless the parser
     * is known. Bytes that the peer changes meanwhile make another message or an error, no more.
     */
    Object parse(InBody body) {
        Parser<?> direct = parser;
        if (direct != null) {
            Object message = tryParse(direct, body);
            if (message != null) {
                body.release();
                return message;
            }
        }
        try (BodyStream stream = new BodyStream(body, marshaller.getClass().getName())) {
            return marshaller.parse(stream);
        }
    }

    private static @Nullable Object tryParse(Parser<?> parser, InBody body) {
        try {
            CodedInputStream in = CodedInputStream.newInstance(body.buffer());
            Object message = parser.parseFrom(in);
            in.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            return null;
        }
    }
}
