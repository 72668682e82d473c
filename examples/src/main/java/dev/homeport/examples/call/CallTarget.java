package dev.homeport.examples.call;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.homeport.HomeportChannelBuilder;
import dev.homeport.Route;
import dev.homeport.RoutePolicy;
import dev.homeport.generic.GenericMethod;
import dev.homeport.generic.GenericStub;
import dev.homeport.generic.Schema;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which server, by which way, and where its descriptors come from: what all commands have in common. */
final class CallTarget {
    /** Kept, because a logger that nobody holds forgets its level. */
    private static final Logger ROUTE_LOG = Logger.getLogger("dev.homeport.route");

    @Parameters(index = "0", paramLabel = "TARGET")
    private String target = "";

    @Option(names = "--route", defaultValue = "AUTO", description = "auto, local or remote.",
            converter = RouteName.class)
    private RoutePolicy route = RoutePolicy.AUTO;

    @Option(names = "--tls", description = "TLS, with the certificates that this Java trusts.")
    private boolean tls;

    @Option(names = "--descriptor-set", paramLabel = "FILE",
            description = "What protoc --include_imports --descriptor_set_out wrote, instead of reflection.")
    private @Nullable Path descriptorSet;

    @Option(names = {"-H", "--header"}, paramLabel = "'NAME: VALUE'",
            description = "Metadata of every call; the value of a name in -bin is Base64.")
    private List<String> headers = List.of();

    @Option(names = {"-v", "--verbose"}, description = "Tells the way, headers and trailers on standard error.")
    private boolean verbose;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    CommandLine commandLine() {
        if (command == null) {
            throw new IllegalStateException("not part of a command");
        }
        return command.commandLine();
    }

    boolean isVerbose() {
        return verbose;
    }

    /** Opens a channel, does the work with a stub on it, and closes it. */
    void run(CallCommand.Work work) {
        if (!verbose) {
            ROUTE_LOG.setLevel(Level.WARNING);
        }
        Metadata metadata = metadata();
        ManagedChannel channel = open();
        try {
            Channel withHeaders =
                    ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
            work.run(GenericStub.of(withHeaders, schema(withHeaders)));
        } catch (StatusException e) {
            throw new StatusRuntimeException(e.getStatus(), e.getTrailers());
        } catch (InterruptedException e) {
            throw Status.CANCELLED.withDescription("interrupted").asRuntimeException();
        } finally {
            if (verbose) {
                commandLine().getErr().println("route: " + Route.of(channel));
                commandLine().getErr().flush();
            }
            channel.shutdownNow();
        }
    }

    private ManagedChannel open() {
        ChannelCredentials credentials = tls ? TlsChannelCredentials.create() : InsecureChannelCredentials.create();
        try {
            return HomeportChannelBuilder.forTarget(target, credentials).policy(route).build();
        } catch (IllegalArgumentException e) {
            throw wrong("not a target: " + target + ": " + e.getMessage());
        }
    }

    private Schema schema(Channel channel) {
        if (descriptorSet == null) {
            return Schema.reflectedBy(channel);
        }
        try {
            return Schema.of(FileDescriptorSet.parseFrom(Files.readAllBytes(descriptorSet)));
        } catch (IOException | IllegalArgumentException e) {
            throw wrong("not a descriptor set: " + descriptorSet + ": " + e.getMessage());
        }
    }

    private Metadata metadata() {
        Metadata metadata = new Metadata();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon <= 0) {
                throw wrong("not a header such as 'name: value': " + header);
            }
            String name = header.substring(0, colon).strip().toLowerCase(Locale.ROOT);
            String value = header.substring(colon + 1).strip();
            try {
                if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                    metadata.put(
                            Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER), Base64.getDecoder().decode(value));
                } else {
                    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
                }
            } catch (IllegalArgumentException e) {
                throw wrong("not a header: " + header + ": " + e.getMessage());
            }
        }
        return metadata;
    }

    /** The method of that name, or an error that names what there is. */
    GenericMethod method(GenericStub stub, String name) {
        return asked(() -> stub.method(name));
    }

    /** Names of the services, in their order. */
    List<String> services(GenericStub stub) {
        return asked(() -> stub.schema().services()).stream().sorted().toList();
    }

    /** The service of that name, or an error that names what there is. */
    ServiceDescriptor service(GenericStub stub, String name) {
        ServiceDescriptor service = asked(() -> stub.schema().service(name));
        if (service == null) {
            throw wrong("unknown service: " + name + "; there is: " + String.join(", ", services(stub)));
        }
        return service;
    }

    /**
     * What does not fit the schema is wrong usage, and not a failed call; what is wrong with the server is.
     */
    <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT
                    || e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                throw wrong(String.valueOf(e.getStatus().getDescription()));
            }
            throw e;
        }
    }

    ParameterException wrong(String what) {
        return new ParameterException(commandLine(), what);
    }

    /** Takes the names of configuration, which are small. */
    static final class RouteName implements CommandLine.ITypeConverter<RoutePolicy> {
        @Override
        public RoutePolicy convert(String value) {
            return RoutePolicy.valueOf(value.toUpperCase(Locale.ROOT));
        }
    }
}
