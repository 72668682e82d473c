package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** No transport leaves a topic of the suite out. */
class SuiteCoverageTest {
    private static final Set<String> TOPICS = new ClassFileImporter()
            .importPackages("dev.homeport.testkit").stream()
                    .filter(type -> type.getModifiers().contains(JavaModifier.ABSTRACT))
                    .filter(type -> type.getRawSuperclass()
                            .map(superclass -> superclass.isEquivalentTo(Conformance.class))
                            .orElse(false))
                    .map(JavaClass::getSimpleName)
                    .collect(Collectors.toSet());

    @Test
    void suiteHasEveryTopic() {
        Set<String> run = Arrays.stream(ConformanceSuite.class.getDeclaredClasses())
                .filter(topic -> topic.isAnnotationPresent(Nested.class))
                .map(topic -> topic.getSuperclass().getSimpleName())
                .collect(Collectors.toSet());

        assertThat(TOPICS).hasSizeGreaterThan(15);
        assertThat(run).isEqualTo(TOPICS);
    }

    /** And not, by a topic of the same name, something else in its place. */
    @Test
    void noTransportReplacesATopic() {
        List<Class<?>> suites = new ClassFileImporter()
                .importPackages("dev.homeport.testkit").stream()
                        .filter(type -> type.isAssignableTo(ConformanceSuite.class))
                        .filter(type -> !type.isEquivalentTo(ConformanceSuite.class))
                        .<Class<?>>map(JavaClass::reflect)
                        .toList();

        assertThat(suites)
                .contains(InProcessConformanceTest.class, TcpConformanceTest.class, LpcConformanceTest.class)
                .allMatch(suite -> suite.isAnnotationPresent(On.class))
                .allMatch(suite -> suite.getDeclaredClasses().length == 0);
    }
}
