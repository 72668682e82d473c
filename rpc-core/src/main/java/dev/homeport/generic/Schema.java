package dev.homeport.generic;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The services that a {@link GenericStub} can call, and their messages. Thread-safe. */
public interface Schema {

    /** Full names of the services, in no order. May ask a server, and then throws what a call throws. */
    List<String> services();

    /**
     * The service of that full name, or null. May ask a server, once for each service, and then blocks and
     * throws what a call throws.
     */
    @Nullable ServiceDescriptor service(String fullName);

    /**
     * What a descriptor set describes, such as {@code protoc --include_imports --descriptor_set_out} writes.
     * Protobuf's own well-known types may be missing in it.
     *
     * @throws IllegalArgumentException if the set does not fit together, with what is missing or wrong
     */
    static Schema of(FileDescriptorSet set) {
        return new FileSchema(LinkedFiles.link(set.getFileList()));
    }

    /** What these files describe. */
    static Schema of(FileDescriptor... files) {
        return new FileSchema(List.of(files));
    }

    /**
     * What generated classes describe, such as {@code GreeterGrpc.getServiceDescriptor()}.
     *
     * @throws IllegalArgumentException if one of them was not generated from a .proto file
     */
    static Schema of(io.grpc.ServiceDescriptor... services) {
        List<FileDescriptor> files = new ArrayList<>();
        for (io.grpc.ServiceDescriptor service : services) {
            if (!(service.getSchemaDescriptor() instanceof io.grpc.protobuf.ProtoFileDescriptorSupplier file)) {
                throw new IllegalArgumentException("not generated from a .proto file: " + service.getName());
            }
            files.add(file.getFileDescriptor());
        }
        return new FileSchema(files);
    }

    /** What the server of this channel says of itself by reflection, each service asked for when first needed. */
    static Schema reflectedBy(Channel channel) {
        return new ReflectedSchema(channel);
    }
}
