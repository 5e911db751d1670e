package dev.slipway.samples.lean;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.PlanFile;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM with nothing but runtime, cpu backend and what they need on its module path runs a saved plan. */
class LeanRuntimeTest {
  private static final long MAX_BYTES = 3_000_000;

  /** A class of each module that an application ships: tensor, graph, operators, backend, runtime, backend-cpu. */
  private static final List<Class<?>> MODULES =
      List.of(Tensor.class, Graph.class, Operators.class, Backend.class, Engine.class, CpuBackendProvider.class);

  private static final String MODEL = """
      graph lean {
        input x: float32[1, 2, 4, 4]
        constant w: float32[2, 2, 1, 1] = {0.5, 0.25, -1.0, 1.0}
        c = Conv(x, w)
        r = Relu(c)
        y = GlobalAveragePool(r)
        output y = y
      }""";

  @TempDir static Path folder;

  @BeforeAll
  static void ship() throws IOException, URISyntaxException {
    Files.createDirectories(folder.resolve("lean"));
    for (Class<?> type : MODULES) {
      ship(type, folder.resolve("lean"));
    }
    ship(Main.class, folder.resolve("application"));
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(1))) {
      BuildOptions options = BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF);
      PlanFile.write(new Builder(backend, options).build(model()).plan(), folder.resolve("model.plan"));
    }
  }

  private static Graph model() {
    return GraphParser.parse(MODEL, Operators::get);
  }

  /** Copies the jar that a class came from; makes one where it came from a folder. */
  private static void ship(Class<?> type, Path to) throws IOException, URISyntaxException {
    Files.createDirectories(to);
    Path from = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path jar = to.resolve(type.getPackageName() + ".jar");
    if (Files.isRegularFile(from)) {
      Files.copy(from, jar);
      return;
    }
    try (Stream<Path> files = Files.walk(from);
        OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        entries.putNextEntry(new JarEntry(from.relativize(file).toString().replace('\\', '/')));
        Files.copy(file, entries);
      }
    }
  }

  @Test
  void isSmall() throws IOException {
    long bytes = 0;
    try (Stream<Path> jars = Files.list(folder.resolve("lean"))) {
      for (Path jar : jars.toList()) {
        bytes += Files.size(jar);
      }
    }
    System.out.println("lean runtime: " + bytes / 1000 + " kB");
    assertThat(bytes).isLessThan(MAX_BYTES);
  }

  @Test
  void runsThePlanItWasBuiltFor() throws IOException, InterruptedException {
    assertThat(run("--add-modules=jdk.incubator.vector")).anyMatch(line -> line.endsWith("-bit vectors, threads 1"))
        .contains("y = " + expected());
  }

  @Test
  void runsWithoutTheVectorApi() throws IOException, InterruptedException {
    assertThat(run()).anyMatch(line -> line.endsWith("scalar, threads 1, not tuned for it"))
        .contains("y = " + expected());
  }

  private static String expected() {
    Tensor x = Tensor.allocate(DType.FLOAT32, 1, 2, 4, 4);
    for (int i = 0; i < x.elementCount(); i++) {
      x.setDouble(i, i);
    }
    Tensor y = (Tensor) new Interpreter().run(model(), List.of(x)).getFirst();
    return Arrays.toString(y.toFloats());
  }

  private static List<String> run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of(
        "-XX:ActiveProcessorCount=1",
        "--enable-native-access=dev.slipway.backend.cpu",
        "-p", folder.resolve("lean") + File.pathSeparator + folder.resolve("application"),
        "-m", "dev.slipway.samples.lean/dev.slipway.samples.lean.Main",
        folder.resolve("model.plan").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines = new String(process.getInputStream().readAllBytes()).lines().toList();
    assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
    return lines;
  }
}
