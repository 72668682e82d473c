package dev.homeport.generic;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The methods of a schema that were asked for, by their names. Thread-safe; bounded by the schema. */
final class MethodTable {
    /** Names that an error lists; enough to find a misspelling. */
    private static final int MAX_LISTED = 20;

    private final Schema schema;
    private final Map<String, GenericMethod> methods = new ConcurrentHashMap<>();

    MethodTable(Schema schema) {
        this.schema = schema;
    }

    Schema schema() {
        return schema;
    }

    /** @throws io.grpc.StatusRuntimeException if there is none, naming what there is */
    GenericMethod get(String name) {
        GenericMethod known = methods.get(name);
        return known != null ? known : find(name);
    }

    private GenericMethod find(String name) {
        int slash = name.lastIndexOf('/');
        if (slash <= 0 || slash == name.length() - 1) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("not a full method name such as package.Service/Method: \"" + name + "\"")
                    .asRuntimeException();
        }
        String serviceName = name.substring(0, slash);
        ServiceDescriptor service = schema.service(serviceName);
        if (service == null) {
            throw unknown("service: " + serviceName + "; there is: ", schema.services());
        }
        MethodDescriptor method = service.findMethodByName(name.substring(slash + 1));
        if (method == null) {
            throw unknown(
                    "method: " + name + "; " + serviceName + " has: ",
                    service.getMethods().stream().map(MethodDescriptor::getName).toList());
        }
        GenericMethod made = new GenericMethod(method);
        GenericMethod earlier = methods.putIfAbsent(name, made);
        return earlier != null ? earlier : made;
    }

    private static RuntimeException unknown(String what, List<String> known) {
        String listed = known.stream().sorted().limit(MAX_LISTED).collect(Collectors.joining(", "));
        return Status.UNIMPLEMENTED
                .withDescription("unknown " + what + listed + (known.size() > MAX_LISTED ? ", ..." : ""))
                .asRuntimeException();
    }
}
