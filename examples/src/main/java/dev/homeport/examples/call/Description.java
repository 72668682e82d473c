package dev.homeport.examples.call;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** What a service or method looks like, in the words of protobuf's language. Each message is told once. */
final class Description {
    private static final String WELL_KNOWN_TYPES = "google.protobuf.";

    private final StringBuilder text = new StringBuilder();
    private final Set<String> told = new HashSet<>();

    void add(ServiceDescriptor service) {
        text.append("service ").append(service.getFullName()).append(" {\n");
        for (MethodDescriptor method : service.getMethods()) {
            text.append("  ").append(signature(method));
        }
        text.append("}\n");
    }

    /** Adds a method with its messages and all that they are made of. */
    void add(MethodDescriptor method) {
        text.append(signature(method));
        add(method.getInputType());
        add(method.getOutputType());
    }

    private static String signature(MethodDescriptor method) {
        return "rpc " + method.getName()
                + "(" + (method.isClientStreaming() ? "stream " : "") + method.getInputType().getFullName()
                + ") returns (" + (method.isServerStreaming() ? "stream " : "") + method.getOutputType().getFullName()
                + ");\n";
    }

    private void add(Descriptor message) {
        if (!message.getFullName().startsWith(WELL_KNOWN_TYPES) && told.add(message.getFullName())) {
            addNew(message);
        }
    }

    private void addNew(Descriptor message) {
        text.append("message ").append(message.getFullName()).append(" {\n");
        for (FieldDescriptor field : message.getFields()) {
            text.append("  ").append(label(field)).append(type(field)).append(' ')
                    .append(field.getName()).append(" = ").append(field.getNumber()).append(";\n");
        }
        text.append("}\n");
        for (FieldDescriptor field : message.getFields()) {
            FieldDescriptor value = field.isMapField() ? field.getMessageType().findFieldByNumber(2) : field;
            if (value.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                add(value.getMessageType());
            } else if (value.getJavaType() == FieldDescriptor.JavaType.ENUM) {
                add(value.getEnumType());
            }
        }
    }

    private void add(EnumDescriptor type) {
        if (type.getFullName().startsWith(WELL_KNOWN_TYPES) || !told.add(type.getFullName())) {
            return;
        }
        text.append("enum ").append(type.getFullName()).append(" {\n");
        for (EnumValueDescriptor value : type.getValues()) {
            text.append("  ").append(value.getName()).append(" = ").append(value.getNumber()).append(";\n");
        }
        text.append("}\n");
    }

    private static String label(FieldDescriptor field) {
        if (field.isMapField()) {
            return "";
        }
        if (field.isRepeated()) {
            return "repeated ";
        }
        return field.toProto().getProto3Optional() ? "optional " : "";
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            Descriptor entry = field.getMessageType();
            return "map<" + type(entry.findFieldByNumber(1)) + ", " + type(entry.findFieldByNumber(2)) + ">";
        }
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
