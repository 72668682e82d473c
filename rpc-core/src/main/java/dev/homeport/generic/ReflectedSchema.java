package dev.homeport.generic;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.reflection.v1.ErrorResponse;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the server of one channel says of itself by gRPC's reflection service, version 1. A service is asked
 * for when it is first needed and remembered for as long as this lives. Any thread; asking blocks. What a
 * server says is bounded and checked before it is used.
 */
final class ReflectedSchema implements Schema {
    /** Files of one service with all its imports; more come from no honest server. */
    private static final int MAX_FILES = 2048;
    private static final int MAX_BYTES = 16 * 1024 * 1024;

    private final Channel channel;
    private final Map<String, ServiceDescriptor> services = new ConcurrentHashMap<>();

    ReflectedSchema(Channel channel) {
        this.channel = channel;
    }

    @Override
    public List<String> services() {
        try (ReflectionCall call = new ReflectionCall(channel)) {
            ServerReflectionResponse answer =
                    call.ask(ServerReflectionRequest.newBuilder().setListServices("").build());
            return answer.getListServicesResponse().getServiceList().stream()
                    .map(ServiceResponse::getName)
                    .toList();
        }
    }

    @Override
    public @Nullable ServiceDescriptor service(String fullName) {
        ServiceDescriptor known = services.get(fullName);
        if (known != null) {
            return known;
        }
        ServiceDescriptor asked = ask(fullName);
        if (asked != null) {
            services.put(fullName, asked);
        }
        return asked;
    }

    private @Nullable ServiceDescriptor ask(String fullName) {
        Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
        try (ReflectionCall call = new ReflectionCall(channel)) {
            ServerReflectionResponse answer = call.ask(ServerReflectionRequest.newBuilder()
                    .setFileContainingSymbol(fullName)
                    .build());
            if (isNotFound(answer)) {
                return null;
            }
            take(answer, files);
            complete(call, files);
        }
        try {
            for (FileDescriptor file : LinkedFiles.link(files.values())) {
                for (ServiceDescriptor service : file.getServices()) {
                    if (service.getFullName().equals(fullName)) {
                        return service;
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            throw bad("its files do not fit together: " + e.getMessage());
        }
        throw bad("the files it sent for " + fullName + " do not describe it");
    }

    private static boolean isNotFound(ServerReflectionResponse answer) {
        return answer.hasErrorResponse()
                && answer.getErrorResponse().getErrorCode() == Status.Code.NOT_FOUND.value();
    }

    /** Asks for imports that are missing: servers may send them with the file, or not. */
    private static void complete(ReflectionCall call, Map<String, FileDescriptorProto> files) {
        Set<String> asked = new HashSet<>();
        Queue<String> missing = new ArrayDeque<>(LinkedFiles.missing(files.values()));
        while (!missing.isEmpty()) {
            String name = missing.remove();
            if (asked.add(name)) {
                take(call.ask(ServerReflectionRequest.newBuilder().setFileByFilename(name).build()), files);
                missing.addAll(LinkedFiles.missing(files.values()));
            } else if (!files.containsKey(name)) {
                throw bad("it sent another file for " + name);
            }
        }
    }

    private static void take(ServerReflectionResponse answer, Map<String, FileDescriptorProto> files) {
        if (answer.hasErrorResponse()) {
            ErrorResponse error = answer.getErrorResponse();
            throw Status.fromCodeValue(error.getErrorCode())
                    .withDescription("the server's reflection says: " + error.getErrorMessage())
                    .asRuntimeException();
        }
        long bytes = files.values().stream().mapToLong(FileDescriptorProto::getSerializedSize).sum();
        for (ByteString file : answer.getFileDescriptorResponse().getFileDescriptorProtoList()) {
            bytes += file.size();
            if (bytes > MAX_BYTES || files.size() >= MAX_FILES) {
                throw bad("too much of it: files=" + files.size() + ", maxFiles=" + MAX_FILES + ", bytes=" + bytes
                        + ", maxBytes=" + MAX_BYTES);
            }
            try {
                FileDescriptorProto parsed = FileDescriptorProto.parseFrom(file);
                files.put(parsed.getName(), parsed);
            } catch (InvalidProtocolBufferException e) {
                throw bad("not a file: " + e.getMessage());
            }
        }
    }

    private static RuntimeException bad(String what) {
        return Status.INTERNAL
                .withDescription("the server's reflection (" + ServerReflectionGrpc.SERVICE_NAME + ") is of no use: "
                        + what)
                .asRuntimeException();
    }
}
