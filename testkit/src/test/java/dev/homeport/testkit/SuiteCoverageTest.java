package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(classes = {InProcessConformanceTest.class, TcpConformanceTest.class, LpcConformanceTest.class})
    void transportRunsEveryTopic(Class<?> transport) {
        Set<String> run = Arrays.stream(transport.getDeclaredClasses())
                .map(topic -> topic.getSuperclass().getSimpleName())
                .collect(Collectors.toSet());

        assertThat(TOPICS).hasSizeGreaterThan(15);
        assertThat(run).isEqualTo(TOPICS);
    }
}
