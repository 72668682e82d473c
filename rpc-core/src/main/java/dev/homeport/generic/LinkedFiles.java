package dev.homeport.generic;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts described files together by their imports. Used by one thread. */
final class LinkedFiles {
    /** Files that every protobuf runtime has; what is described is taken first. */
    private static final Map<String, FileDescriptor> WELL_KNOWN = Stream.of(
                    AnyProto.getDescriptor(), ApiProto.getDescriptor(), DurationProto.getDescriptor(),
                    EmptyProto.getDescriptor(), FieldMaskProto.getDescriptor(), SourceContextProto.getDescriptor(),
                    StructProto.getDescriptor(), TimestampProto.getDescriptor(), TypeProto.getDescriptor(),
                    WrappersProto.getDescriptor(), DescriptorProtos.getDescriptor())
            .collect(Collectors.toUnmodifiableMap(FileDescriptor::getName, file -> file));

    private final Map<String, FileDescriptorProto> described = new HashMap<>();
    private final Map<String, FileDescriptor> linked = new HashMap<>();
    /** Files whose imports are being linked. */
    private final Set<String> open = new HashSet<>();

    private LinkedFiles(Collection<FileDescriptorProto> files) {
        files.forEach(file -> described.put(file.getName(), file));
    }

    /** @throws IllegalArgumentException with what is missing or wrong */
    static List<FileDescriptor> link(Collection<FileDescriptorProto> files) {
        LinkedFiles all = new LinkedFiles(files);
        List<FileDescriptor> result = new ArrayList<>();
        for (FileDescriptorProto file : files) {
            result.add(all.link(file.getName(), null));
        }
        return result;
    }

    /** Names of imports that neither these files nor the runtime have. */
    static Set<String> missing(Collection<FileDescriptorProto> files) {
        Set<String> names = files.stream().map(FileDescriptorProto::getName).collect(Collectors.toSet());
        return files.stream()
                .flatMap(file -> file.getDependencyList().stream())
                .filter(name -> !names.contains(name) && !WELL_KNOWN.containsKey(name))
                .collect(Collectors.toSet());
    }

    private FileDescriptor link(String name, @Nullable String importer) {
        FileDescriptor known = linked.get(name);
        if (known != null) {
            return known;
        }
        FileDescriptorProto file = described.get(name);
        if (file == null) {
            return wellKnown(name, importer);
        }
        if (!open.add(name)) {
            throw new IllegalArgumentException("file imports itself: " + name);
        }
        FileDescriptor[] imports = new FileDescriptor[file.getDependencyCount()];
        for (int i = 0; i < imports.length; i++) {
            imports[i] = link(file.getDependency(i), name);
        }
        open.remove(name);
        try {
            FileDescriptor made = FileDescriptor.buildFrom(file, imports);
            linked.put(name, made);
            return made;
        } catch (DescriptorValidationException e) {
            throw new IllegalArgumentException("file " + name + " is not valid: " + e.getMessage(), e);
        }
    }

    private static FileDescriptor wellKnown(String name, @Nullable String importer) {
        FileDescriptor file = WELL_KNOWN.get(name);
        if (file == null) {
            throw new IllegalArgumentException("file " + name + " is missing, imported by " + importer);
        }
        return file;
    }
}
