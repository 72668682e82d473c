package dev.homeport.generic;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the field that makes JSON unusable: protobuf's parser says what is wrong with a value, but not where it
 * stands. Takes the text apart and tries the pieces; runs only after a failure.
 */
final class JsonFault {
    /** Longer texts are not searched: what the parser says must do. */
    private static final int MAX_SEARCHED_CHARS = 256 * 1024;
    private static final String WELL_KNOWN_TYPES = "google.protobuf.";
    private static final Pattern PLACE = Pattern.compile("at line \\d+ column \\d+ path \\S+");

    private final JsonFormat.Parser parser;

    JsonFault(JsonFormat.Parser parser) {
        this.parser = parser;
    }

    /** What is wrong, with the path of the field if it can be told. */
    String describe(String json, Descriptor type, InvalidProtocolBufferException failure) {
        String found = null;
        if (json.length() <= MAX_SEARCHED_CHARS) {
            try {
                found = search(JsonParser.parseString(json), type, "");
            } catch (JsonParseException malformed) {
                return "malformed: " + place(String.valueOf(malformed.getMessage()));
            }
        }
        return found != null ? found : String.valueOf(failure.getMessage());
    }

    /** The parser's message without its advice to programmers, which begins before the place and ends behind it. */
    private static String place(String message) {
        Matcher place = PLACE.matcher(message);
        return place.find() ? place.group() : message;
    }

    private @Nullable String search(JsonElement json, Descriptor type, String path) {
        if (!json.isJsonObject()) {
            return (path.isEmpty() ? "the whole" : "field " + path) + " must be an object: " + brief(json);
        }
        for (Map.Entry<String, JsonElement> entry : json.getAsJsonObject().entrySet()) {
            String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
            FieldDescriptor field = fieldOf(type, entry.getKey());
            if (field == null) {
                return "unknown field " + at + " in " + type.getFullName();
            }
            String failure = failureOf(entry.getKey(), entry.getValue(), type);
            if (failure != null) {
                String inside = searchValue(entry.getValue(), field, type, at);
                return inside != null ? inside : "field " + at + " (" + kindOf(field) + "): " + failure;
            }
        }
        return null;
    }

    private static @Nullable FieldDescriptor fieldOf(Descriptor type, String name) {
        FieldDescriptor byName = type.findFieldByName(name);
        if (byName != null) {
            return byName;
        }
        return type.getFields().stream()
                .filter(field -> field.getJsonName().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Looks into a value that is known to be wrong. */
    private @Nullable String searchValue(JsonElement value, FieldDescriptor field, Descriptor type, String path) {
        if (field.isMapField()) {
            return value.isJsonObject() ? searchMap(value.getAsJsonObject(), field, type, path) : null;
        }
        if (field.isRepeated()) {
            return value.isJsonArray() ? searchArray(value, field, type, path) : null;
        }
        return isSearchable(field) ? search(value, field.getMessageType(), path) : null;
    }

    private @Nullable String searchArray(JsonElement array, FieldDescriptor field, Descriptor type, String path) {
        int index = 0;
        for (JsonElement element : array.getAsJsonArray()) {
            com.google.gson.JsonArray alone = new com.google.gson.JsonArray();
            alone.add(element);
            String failure = failureOf(field.getName(), alone, type);
            if (failure != null) {
                String at = path + "[" + index + "]";
                String inside = isSearchable(field) ? search(element, field.getMessageType(), at) : null;
                return inside != null ? inside : "field " + at + " (" + kindOf(field) + "): " + failure;
            }
            index++;
        }
        return null;
    }

    private @Nullable String searchMap(JsonObject map, FieldDescriptor field, Descriptor type, String path) {
        for (Map.Entry<String, JsonElement> entry : map.entrySet()) {
            JsonObject alone = new JsonObject();
            alone.add(entry.getKey(), entry.getValue());
            String failure = failureOf(field.getName(), alone, type);
            if (failure != null) {
                return "field " + path + "[\"" + entry.getKey() + "\"]: " + failure;
            }
        }
        return null;
    }

    private static boolean isSearchable(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                && !field.getMessageType().getFullName().startsWith(WELL_KNOWN_TYPES);
    }

    /** What the parser says of one field alone; null if nothing. */
    private @Nullable String failureOf(String name, JsonElement value, Descriptor type) {
        JsonObject alone = new JsonObject();
        alone.add(name, value);
        try {
            parser.merge(alone.toString(), DynamicMessage.newBuilder(type));
            return null;
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            return e.getMessage();
        }
    }

    private static String kindOf(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getLiteType().name().toLowerCase(java.util.Locale.ROOT);
        };
    }

    private static String brief(JsonElement json) {
        String text = json.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
