package dev.homeport.testkit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The directions of dependency between modules and packages, and what of others' code the product may use. */
class ArchitectureTest {
    private static final String[] TRANSPORTS = {"dev.homeport.lpc..", "dev.homeport.tcp.."};
    private static final String DROPIN = "dev.homeport.dropin..";
    /** What gRPC marks as its own affair, beside the classes that say so by their name. */
    private static final Set<String> INTERNAL_BY_MARK = Set.of(
            "io.grpc.ManagedChannelProvider",
            "io.grpc.ManagedChannelRegistry",
            "io.grpc.ServerProvider",
            "io.grpc.ServerRegistry");

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.homeport")
            .that(resideOutsideOfPackages("dev.homeport.testkit..", "dev.homeport.examples..", "dev.homeport.bench.."));

    @Test
    void productIsSeen() {
        assertThat(PRODUCT.contain("dev.homeport.spi.LocalTransport")).isTrue();
        assertThat(PRODUCT).noneMatch(type -> type.getPackageName().startsWith("dev.homeport.testkit"));
    }

    @Test
    void coreKnowsNoTransport() {
        noClasses()
                .that(resideInAPackage("dev.homeport..")
                        .and(resideOutsideOfPackages(TRANSPORTS))
                        .and(resideOutsideOfPackages(DROPIN)))
                .should()
                .dependOnClassesThat(resideInAnyPackage(TRANSPORTS))
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    @Test
    void transportsDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("dev.homeport.lpc..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.homeport.tcp..", "io.grpc.netty..")
                .allowEmptyShould(true)
                .check(PRODUCT);
        noClasses()
                .that()
                .resideInAPackage("dev.homeport.tcp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.homeport.lpc..")
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    @Test
    void nobodyDependsOnTheDropin() {
        noClasses()
                .that()
                .resideOutsideOfPackage(DROPIN)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(DROPIN)
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    /** Each package of the transport, and those above it that it must not know. */
    @ParameterizedTest
    @CsvSource({
        "syscall, memory|queue|transfer|port",
        "memory, queue|transfer|port",
        "queue, transfer|port",
        "transfer, port",
        "port, none"
    })
    void packagesOfTheTransportImportOnlyThoseBelow(String below, String above) {
        String pattern = "dev\\.homeport\\.lpc(\\.(" + above + ")(\\..*)?)?\\.[A-Z]\\w*.*";
        noClasses()
                .that()
                .resideInAPackage("dev.homeport.lpc." + below + "..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching(pattern)
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    @Test
    void onlyTheSyscallPackageLinksNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.homeport.lpc.syscall..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor).*")
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    @Test
    void productUsesNoInternalsOfGrpcCore() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.grpc.internal..")
                .check(PRODUCT);
    }

    /** One part of the product may use each of them, so that a change in gRPC has one place to be answered in. */
    @Test
    void eachInternalClassOfGrpcIsUsedInOnePart() {
        Map<String, Set<String>> users = new TreeMap<>();
        for (JavaClass type : PRODUCT) {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String used = dependency.getTargetClass().getFullName();
                if (isInternal(used)) {
                    users.computeIfAbsent(used, name -> new TreeSet<>()).add(part(type));
                }
            }
        }

        assertThat(users).allSatisfy((used, parts) -> assertThat(parts).hasSizeLessThanOrEqualTo(1));
    }

    /** The package with three names at most, such as {@code dev.homeport.call}. */
    private static String part(JavaClass type) {
        return Arrays.stream(type.getPackageName().split("\\.")).limit(3).collect(Collectors.joining("."));
    }

    private static boolean isInternal(String name) {
        return INTERNAL_BY_MARK.contains(name) || name.matches("io\\.grpc\\..*\\bInternal\\w+(\\$.*)?");
    }

    @Test
    void generatedMessagesKnowNoRuntimeOfOurs() {
        classes()
                .that()
                .resideInAPackage("dev.homeport.idl..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.homeport.idl..", "java..", "com.google..", "io.grpc..")
                .allowEmptyShould(true)
                .check(PRODUCT);
    }
}
