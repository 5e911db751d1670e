package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.Stream;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Engines over their whole life: what they leave behind, many threads, kernels that fault. */
@Tag("gpu")
class CudaEngineTest {
  private static final String SECONDS = "slipway.gpu.seconds";
  private static final int CYCLES = 1000;
  private static final int SETTLED = 200;
  private static final long DEVICE_NOISE = 4L << 20;
  private static final long HOST_NOISE = 64L << 20;

  private final Graph graph = GraphParser.parse("""
      graph test {
        input x: float32[64, 256]
        y = Relu(x)
        z = Softmax(y)
        output "z" = z
      }
      """, Operators::get);
  private final Plan plan =
      new Plan(new Plan.Manifest("test", "", "fp32", List.of(), Map.of()), () -> graph, Optional.empty());
  private CudaLibraries libraries;
  private CudaBackend backend;

  @BeforeEach
  void open() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    libraries = CudaLibraries.load();
    backend = new CudaBackend(new OpenCudaDevice(libraries, 0));
  }

  @AfterEach
  void close() {
    if (backend != null) {
      backend.close();
      assertThat(backend.openCount()).isZero();
    }
  }

  private static Tensor random(long seed) {
    return random(seed, 64, 256);
  }

  private static Tensor random(long seed, long... dims) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextDouble() - 0.5);
    }
    return tensor;
  }

  private void check(Tensor got, Tensor input) {
    Tensor expected = (Tensor) new Interpreter().run(graph, List.of(input)).getFirst();
    assertThat(got.toFloats()).usingComparatorWithPrecision(1e-6f).containsExactly(expected.toFloats());
  }

  @Test
  void leavesNothingBehindAfterManyEngines() throws IOException {
    Tensor input = random(1);
    long deviceBytes = 0;
    long hostBytes = 0;
    long open = 0;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      try (Engine engine = Engine.of(plan, backend);
          ExecutionContext context = engine.newContext()) {
        for (int run = 0; run < 3; run++) {
          Tensor result = context.run(Map.of("x", input)).get("z");
          if (cycle % SETTLED == 0) {
            check(result, input);
          }
        }
      }
      if (cycle == SETTLED) {
        deviceBytes = libraries.driver().freeMemory();
        hostBytes = residentBytes();
        open = backend.openCount();
      }
    }
    assertThat(backend.openCount()).isEqualTo(open);
    assertThat(deviceBytes - libraries.driver().freeMemory()).as("bytes of the device").isLessThan(DEVICE_NOISE);
    assertThat(residentBytes() - hostBytes).as("bytes of the host").isLessThan(HOST_NOISE);
  }

  private static long residentBytes() throws IOException {
    System.gc();
    String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(text -> text.startsWith("VmRSS:"))
        .findFirst()
        .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
  }

  /** For five seconds, or as many as the property {@code slipway.gpu.seconds} says. */
  @Test
  void answersEightThreadsRight() throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Integer.getInteger(SECONDS, 5));
    try (Engine engine = Engine.of(plan, backend);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Long>> running = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        running.add(threads.submit(runs(engine, random(i), end)));
      }
      for (Future<Long> thread : running) {
        assertThat(thread.get()).isPositive();
      }
    }
  }

  /** With plans and algorithms of libraries that all threads share; contexts come and go meanwhile. */
  @Test
  void answersEightThreadsRightThroughLibraries() throws InterruptedException, ExecutionException {
    Graph network = GraphParser.parse("""
        graph test {
          input x: float32[2, 16, 12, 12]
          constant w: float32[24, 16, 3, 3] = @0
          constant v: float32[24, 40] = @1
          c = Conv(x, w, _) {pads = [1, 1, 1, 1]}
          d = Conv(x, w, _) {pads = [1, 1, 1, 1]}
          e = Add(c, d)
          r = Relu(e)
          m = GlobalAveragePool(r)
          f = Flatten(m)
          y = MatMul(f, v)
          output "y" = y
        }
        """, Operators::get, List.of(random(1, 24, 16, 3, 3), random(2, 24, 40)));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Integer.getInteger(SECONDS, 5));
    Plan.Manifest manifest = new Plan.Manifest("test", "", "fp32", List.of(), Map.of());
    try (Engine engine = Engine.of(new Plan(manifest, () -> network, Optional.empty()), backend);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Long>> running = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Tensor input = random(i, 2, 16, 12, 12);
        float[] expected = ((Tensor) new Interpreter().run(network, List.of(input)).getFirst()).toFloats();
        running.add(threads.submit(() -> contexts(engine, input, expected, end)));
      }
      for (Future<Long> thread : running) {
        assertThat(thread.get()).isPositive();
      }
    }
  }

  /** Four runs of each context: plain ones, the recording, and the recorded. */
  private static long contexts(Engine engine, Tensor input, float[] expected, long end) {
    long made = 0;
    while (System.nanoTime() < end) {
      try (ExecutionContext context = engine.newContext()) {
        for (int run = 0; run < 4; run++) {
          assertThat(context.run(Map.of("x", input)).get("y").toFloats())
              .usingComparatorWithPrecision(1e-4f)
              .containsExactly(expected);
        }
      }
      made++;
    }
    return made;
  }

  private Callable<Long> runs(Engine engine, Tensor input, long end) {
    return () -> {
      long runs = 0;
      try (ExecutionContext context = engine.newContext()) {
        Tensor first = context.run(Map.of("x", input)).get("z");
        check(first, input);
        float[] expected = first.toFloats();
        while (System.nanoTime() < end) {
          assertThat(context.run(Map.of("x", input)).get("z").toFloats()).isEqualTo(expected);
          runs++;
        }
      }
      return runs;
    };
  }

  @Test
  void answersTwoStreamsRight() {
    try (Engine engine = Engine.of(plan, backend);
        ExecutionContext first = engine.newContext();
        ExecutionContext second = engine.newContext();
        Stream one = new Stream();
        Stream two = new Stream()) {
      List<ExecutionContext> contexts = new ArrayList<>();
      List<Tensor> inputs = new ArrayList<>();
      List<Tensor> outputs = new ArrayList<>();
      for (int run = 0; run < 50; run++) {
        ExecutionContext context = run % 2 == 0 ? first : second;
        Tensor input = random(run);
        if (run % 3 != 0) {
          Tensor pinned = context.allocate(input.type());
          pinned.copyFrom(input);
          input = pinned;
        }
        contexts.add(context);
        inputs.add(input);
        outputs.add(context.allocate(input.type()));
      }
      List<CompletableFuture<Map<String, Tensor>>> results = new ArrayList<>();
      for (int run = 0; run < 50; run++) {
        Stream stream = contexts.get(run) == first ? one : two;
        results.add(stream.enqueue(contexts.get(run), Map.of("x", inputs.get(run)), Map.of("z", outputs.get(run))));
      }
      for (int run = 0; run < results.size(); run++) {
        check(results.get(run).join().get("z"), inputs.get(run));
      }
    }
  }

  @Test
  void keepsMemoryAndGraphsOfTheLastShapes() {
    Graph dynamic = GraphParser.parse("""
        graph test {
          input x: float32[N, 256]
          y = Relu(x)
          output "y" = y
        }
        """, Operators::get);
    Plan.Manifest manifest = new Plan.Manifest("test", "", "fp32", List.of(), Map.of());
    try (Engine engine = Engine.of(new Plan(manifest, () -> dynamic, Optional.empty()), backend);
        ExecutionContext context = engine.newContext()) {
      long[] open = new long[3];
      for (int round = 0; round < open.length; round++) {
        for (int size = 1; size <= 40; size++) {
          Tensor x = Tensor.allocate(DType.FLOAT32, size, 256);
          x.setDouble(size * 200, size);
          for (int run = 0; run < 3; run++) {
            Tensor y = context.run(Map.of("x", x)).get("y");
            assertThat(y.getDouble(size * 200)).isEqualTo(size);
          }
          context.profile(Map.of("x", x));
        }
        open[round] = backend.openCount();
      }
      // Each shape has a module of its own the first time.
      assertThat(open[2]).isEqualTo(open[1]);
    }
  }

  /** In a process of its own: a fault costs the process its context. */
  @Test
  void namesTheNodeWhoseKernelFaults() throws IOException, InterruptedException {
    String modules = System.getProperty("jdk.module.path", "");
    String classes = System.getProperty("java.class.path") + File.pathSeparator + modules;
    Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
            "-cp", classes, FaultingProcess.class.getName())
        .redirectErrorStream(true)
        .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("node Softmax_0: ").contains("status 700").contains("still here");
  }
}
