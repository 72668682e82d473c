package dev.homeport.call;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.Drainable;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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

    /** The message's bytes, by way of its marshaller. Runs the application's code. */
    @SuppressWarnings("unchecked")
    byte[] toBytes(Object message) {
        if (isImmutable(message)) {
            return ((MessageLite) message).toByteArray();
        }
        try (InputStream stream = ((Marshaller<Object>) marshaller).stream(message)) {
            if (stream instanceof Drainable drainable) {
                ByteArrayOutputStream out = new ByteArrayOutputStream(Math.max(32, stream.available()));
                drainable.drainTo(out);
                return out.toByteArray();
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw Status.INTERNAL.withDescription("Failed to frame message").withCause(e)
                    .asRuntimeException();
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
}
