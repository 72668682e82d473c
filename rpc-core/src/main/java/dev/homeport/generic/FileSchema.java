package dev.homeport.generic;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The services of files that are at hand. Immutable. */
final class FileSchema implements Schema {
    private final Map<String, ServiceDescriptor> services = new LinkedHashMap<>();

    FileSchema(Collection<FileDescriptor> files) {
        for (FileDescriptor file : files) {
            file.getServices().forEach(service -> services.put(service.getFullName(), service));
        }
    }

    @Override
    public List<String> services() {
        return List.copyOf(services.keySet());
    }

    @Override
    public @Nullable ServiceDescriptor service(String fullName) {
        return services.get(fullName);
    }
}
