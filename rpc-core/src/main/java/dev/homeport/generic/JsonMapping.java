package dev.homeport.generic;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;

/** Protobuf's own JSON mapping, with bounds looked at before anything is parsed. Immutable. */
final class JsonMapping {
    /** As much as gRPC takes of one message by default. */
    static final int MAX_CHARS = 4 * 1024 * 1024;
    /** As deep as protobuf's parsers go. */
    static final int MAX_DEPTH = 100;

    private final JsonFormat.Parser parser;
    private final JsonFormat.Printer printer;

    /** @param types that may stand in an {@code Any} */
    JsonMapping(TypeRegistry types) {
        this.parser = JsonFormat.parser().usingTypeRegistry(types);
        this.printer = JsonFormat.printer().usingTypeRegistry(types);
    }

    /** @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT that names what is wrong and where */
    DynamicMessage parse(String json, Descriptor type) {
        checkBounds(json);
        DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
        try {
            parser.merge(json, builder);
            return builder.build();
        } catch (InvalidProtocolBufferException e) {
            throw invalid("JSON is not a " + type.getFullName() + ": " + new JsonFault(parser).describe(json, type, e));
        } catch (RuntimeException e) {
            // Missing required fields, and what the parsers beneath fail to declare.
            throw invalid("JSON is not a " + type.getFullName() + ": " + e.getMessage());
        }
    }

    private static void checkBounds(String json) {
        if (json.length() > MAX_CHARS) {
            throw invalid("JSON too large: chars=" + json.length() + ", max=" + MAX_CHARS);
        }
        int depth = 0;
        boolean inString = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (inString) {
                if (c == '\\') {
                    i++;
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                if (++depth > MAX_DEPTH) {
                    throw invalid("JSON too deep: depth=" + depth + ", max=" + MAX_DEPTH + ", at character " + i);
                }
            } else if (c == '}' || c == ']') {
                depth--;
            }
        }
    }

    private static RuntimeException invalid(String description) {
        return Status.INVALID_ARGUMENT.withDescription(description).asRuntimeException();
    }

    String print(Message message) {
        try {
            return printer.print(message);
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            throw Status.INTERNAL
                    .withDescription("cannot be printed as JSON: " + message.getDescriptorForType().getFullName() + ": "
                            + e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }
}
