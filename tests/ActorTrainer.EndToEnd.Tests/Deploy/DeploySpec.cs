using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace ActorTrainer.EndToEnd.Tests.Deploy;

/// <summary>What can be checked of deploy/ without a cluster: that it is well formed, hangs together, and names what exists.</summary>
public sealed partial class DeploySpec
{
    [Fact]
    public void Kubernetes_gets_these_objects_and_no_others()
    {
        Assert.Equal(
            ["apps/v1 StatefulSet coordinator", "apps/v1 StatefulSet trainer", "policy/v1 PodDisruptionBudget coordinator", "policy/v1 PodDisruptionBudget trainer",
                "v1 Namespace actortrainer", "v1 PersistentVolumeClaim data", "v1 PersistentVolumeClaim runs", "v1 Service gateway", "v1 Service nodes"],
            DeployFiles.Manifests.Select(document => $"{document["apiVersion"]} {document["kind"]} {document["metadata.name"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nodes_are_found_through_a_headless_service_that_names_them_before_they_are_ready()
    {
        var services = DeployFiles.Manifests.Where(document => document["kind"] == "Service").ToDictionary(service => service["metadata.name"]!);
        Assert.All(DeployFiles.StatefulSets, set =>
        {
            var service = services[set["spec.serviceName"]!];
            Assert.Equal(("None", "true"), (service["spec.clusterIP"], service["spec.publishNotReadyAddresses"]));
            Assert.True(Selects(service.Labels("spec.selector"), set.Labels("spec.template.metadata.labels")));
        });
        Assert.All(services.Values, service => Assert.Contains(DeployFiles.StatefulSets, set => Selects(service.Labels("spec.selector"), set.Labels("spec.template.metadata.labels"))));
    }

    [Fact]
    public void Every_stateful_set_selects_its_own_pods_and_has_a_disruption_budget()
    {
        var budgets = DeployFiles.Manifests.Where(document => document["kind"] == "PodDisruptionBudget").ToList();
        Assert.All(DeployFiles.StatefulSets, set =>
        {
            Assert.True(Selects(set.Labels("spec.selector.matchLabels"), set.Labels("spec.template.metadata.labels")));
            Assert.Single(DeployFiles.StatefulSets, other => Selects(set.Labels("spec.selector.matchLabels"), other.Labels("spec.template.metadata.labels")));
            var budget = Assert.Single(budgets, budget => Selects(budget.Labels("spec.selector.matchLabels"), set.Labels("spec.template.metadata.labels")));
            Assert.Equal("1", budget["spec.maxUnavailable"]);
        });
    }

    [Fact]
    public void Pods_are_probed_on_the_http_port_mount_what_they_declare_and_have_time_to_hand_over()
    {
        Assert.All(DeployFiles.StatefulSets, set =>
        {
            var container = Assert.Single(set.Items("spec.template.spec.containers"));
            var ports = container.Items("ports").ToDictionary(port => port["name"]!, port => port["containerPort"]!);
            Assert.Equal(("/health", "/health", "/ready"), (container["startupProbe.httpGet.path"], container["livenessProbe.httpGet.path"], container["readinessProbe.httpGet.path"]));
            foreach (string probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" }) Assert.Equal("http", container[$"{probe}.httpGet.port"]);
            Assert.Equal(("4053", "4080"), (ports["control"], ports["http"]));
            Assert.Equal(["4053", "4080"], new[] { After(container, "--port"), After(container, "--http") });
            Assert.Equal(set.Items("spec.template.spec.volumes").Select(volume => volume["name"]).Order(), container.Items("volumeMounts").Select(mount => mount["name"]).Order());
            Assert.True(int.Parse(set["spec.template.spec.terminationGracePeriodSeconds"]!) >= 60);
            Assert.Contains(container.Items("volumeMounts"), mount => mount["mountPath"] == After(container, "--runs"));
            Assert.All(Variables().Matches(string.Join(' ', container.Texts("args"))), used => Assert.Contains(container.Items("env"), variable => variable["name"] == used.Groups[1].Value));
            var claims = set.Items("spec.template.spec.volumes").Select(volume => volume["persistentVolumeClaim.claimName"]).OfType<string>();
            Assert.All(claims, claim => Assert.Contains(DeployFiles.Manifests, document => document["kind"] == "PersistentVolumeClaim" && document["metadata.name"] == claim));
        });
    }

    [Fact]
    public void Seeds_are_coordinators_that_exist()
    {
        var coordinator = DeployFiles.StatefulSets.Single(set => set["metadata.name"] == "coordinator");
        var seeds = Enumerable.Range(0, int.Parse(coordinator["spec.replicas"]!)).Select(i => $"coordinator-{i}.nodes.$(POD_NAMESPACE).svc.cluster.local:4053");
        Assert.All(DeployFiles.StatefulSets, set =>
        {
            var arguments = Assert.Single(set.Items("spec.template.spec.containers")).Texts("args");
            Assert.Equal(seeds, arguments.Where((_, i) => i > 0 && arguments[i - 1] == "--seed"));
        });
        foreach (var (name, service) in DeployFiles.Compose.Entries("services"))
        {
            var command = service.Texts("command");
            Assert.All(command.Where((_, i) => i > 0 && command[i - 1] == "--seed"), seed => Assert.Contains(seed.Split(':')[0], DeployFiles.Compose.Entries("services").Keys));
            if (command.Count > 0) Assert.Equal(name, command[command.ToList().IndexOf("--host") + 1]);
        }
    }

    [Fact]
    public void Every_path_that_a_kustomization_names_exists()
    {
        var files = DeployFiles.All("kustomization.yaml").ToList();
        Assert.Equal(3, files.Count);
        Assert.All(files.SelectMany(Yaml.Read), kustomization =>
        {
            string folder = Path.GetDirectoryName(kustomization.File)!;
            string[] named = [.. kustomization.Texts("resources"), .. kustomization.Items("patches").Select(patch => patch["path"]!)];
            Assert.NotEmpty(named);
            Assert.All(named, path => Assert.True(Path.Exists(Path.Combine(folder, path)), $"{kustomization.File}: {path}"));
            if (!folder.EndsWith("base", StringComparison.Ordinal)) return;
            Assert.Equal(Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Where(file => file != "kustomization.yaml").Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        });
        var gpu = Assert.Single(Yaml.Read(DeployFiles.Path("kubernetes", "overlays", "gpu", "gpu.yaml")));
        Assert.Equal("1", Assert.Single(gpu.Items("spec.template.spec.containers"), container => container["name"] == "node").Entries("resources.limits")["nvidia.com/gpu"].Text);
    }

    /// <summary>The same containers, but for how they are known and that they name nobody.</summary>
    [Fact]
    public void Nodes_that_are_discovered_name_no_seeds_and_may_list_pods()
    {
        foreach (var set in DeployFiles.StatefulSets)
        {
            var patch = Assert.Single(Yaml.Read(DeployFiles.Path("kubernetes", "overlays", "discovery", $"{set["metadata.name"]}.yaml")));
            Yaml seeded = Assert.Single(set.Items("spec.template.spec.containers")), discovered = Assert.Single(patch.Items("spec.template.spec.containers"));
            Assert.Equal(("node", "true", seeded["name"]), (patch["spec.template.spec.serviceAccountName"], patch["spec.template.spec.automountServiceAccountToken"], discovered["name"]));
            var arguments = seeded.Texts("args");
            Assert.Equal(
                arguments.Where((argument, i) => argument != "--seed" && (i == 0 || arguments[i - 1] != "--seed")).Select(argument => argument == After(seeded, "--host") ? "$(POD_IP)" : argument),
                discovered.Texts("args"));
            Assert.Contains(discovered.Items("env"), variable => variable["name"] == "POD_IP" && variable["valueFrom.fieldRef.fieldPath"] == "status.podIP");
        }

        var access = Yaml.Read(DeployFiles.Path("kubernetes", "overlays", "discovery", "access.yaml")).ToDictionary(document => document["kind"]!);
        Assert.Equal("pods", Assert.Single(Assert.Single(access["Role"].Items("rules")).Texts("resources")));
        Assert.Equal(access["Role"]["metadata.name"], access["RoleBinding"]["roleRef.name"]);
        Assert.Equal(access["ServiceAccount"]["metadata.name"], Assert.Single(access["RoleBinding"].Items("subjects"))["name"]);
    }

    [Fact]
    public void Compose_has_a_database_a_coordinator_and_two_trainers_that_share_a_volume()
    {
        var services = DeployFiles.Compose.Entries("services");
        Assert.Equal(["coordinator", "postgres", "trainer-1", "trainer-2"], services.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, service) in services)
        {
            Assert.All(service.Entries("depends_on").Keys, other => Assert.Contains(other, services.Keys));
            Assert.True(service.Has("healthcheck.test"), name);
            var volumes = service.Texts("volumes").Select(volume => volume.Split(':')[0]).Where(source => !source.StartsWith('$') && !source.StartsWith('.'));
            Assert.All(volumes, volume => Assert.Contains(volume, DeployFiles.Compose.Entries("volumes").Keys));
            Assert.All(service.Texts("ports"), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
            if (name == "postgres") continue;
            Assert.Contains("runs:/runs", service.Texts("volumes"));
            Assert.True(File.Exists(Path.Combine(DeployFiles.Path("compose"), service["build.context"]!, service["build.dockerfile"]!)));
            Assert.StartsWith("postgres://", service["environment.ACTORTRAINER_JOURNAL"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Dockerfile", "cpu")]
    [InlineData("Dockerfile.cuda", "cuda")]
    public void An_image_is_built_of_files_that_exist_and_are_sent(string name, string backend)
    {
        string[] lines = File.ReadAllLines(DeployFiles.Path("docker", name)), sent = File.ReadAllLines(DeployFiles.Path("docker", name + ".dockerignore"));
        var sources = lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1]).ToList();
        Assert.Contains("src", sources);
        Assert.All(sources, source => Assert.True(Path.Exists(Repository.Path(source)), source));
        Assert.All(sources, source => Assert.Contains(sent, pattern => pattern.StartsWith('!') && Regex.IsMatch(source, "^" + Regex.Escape(pattern[1..]).Replace("\\*", ".*", StringComparison.Ordinal) + "$")));
        Assert.All(Directory.GetFiles(Repository.Path("."), "Directory.*").Append(Repository.Path("global.json")).Append(Repository.Path("BannedSymbols.txt")), file => Assert.Contains(Path.GetFileName(file), sources));
        Assert.Equal(backend == "cuda", lines.Any(line => line.Contains("-p:TorchBackend=cuda", StringComparison.Ordinal)));
        Assert.Contains("USER 10001", lines);
    }

    [SkippableFact]
    public async Task Shell_scripts_parse()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no bash.");
        var scripts = DeployFiles.All("*.sh").ToList();
        Assert.NotEmpty(scripts);
        foreach (string script in scripts) await Shell("bash", "-n", script);
    }

    [SkippableFact]
    public async Task Without_a_GPU_its_check_says_so_and_ends()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no bash.");
        Skip.If(Commands.Find("nvidia-smi") is not null, "There may be a GPU.");
        using var process = Process.Start(new ProcessStartInfo("bash", [DeployFiles.Path("gpu-check.sh")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Equal("There is no NVIDIA GPU with a driver here ('nvidia-smi -L' names none), so there is nothing to check.", error.Trim());
    }

    [SkippableFact]
    public async Task Certificates_are_good_for_both_ends_and_for_the_names_that_were_asked_for()
    {
        Skip.If(Commands.Find("openssl") is null, "openssl is not installed.");
        string folder = Directory.CreateTempSubdirectory("certificates-").FullName;
        try
        {
            string script = DeployFiles.Path("certificates.sh");
            await Shell("bash", script, folder, "coordinator-0=coordinator,10.0.0.1");
            string authority = File.ReadAllText(Path.Combine(folder, "ca.pem"));
            await Shell("bash", script, folder, "trainer-0=*.nodes.example");
            Assert.Equal(authority, File.ReadAllText(Path.Combine(folder, "ca.pem")));

            using var root = X509Certificate2.CreateFromPem(authority);
            using var coordinator = X509CertificateLoader.LoadPkcs12FromFile(Path.Combine(folder, "coordinator-0.pfx"), "");
            using var trainer = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "trainer-0.pem"), Path.Combine(folder, "trainer-0.key"));
            foreach (var node in new[] { coordinator, trainer })
            {
                Assert.True(node.HasPrivateKey);
                foreach (string use in new[] { "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2" }) Assert.True(IsSigned(node, root, use), use);
            }

            Assert.True(coordinator.MatchesHostname("coordinator") && coordinator.MatchesHostname("coordinator-0") && coordinator.MatchesHostname("10.0.0.1") && coordinator.MatchesHostname("127.0.0.1"));
            Assert.False(coordinator.MatchesHostname("trainer-0"));
            Assert.True(trainer.MatchesHostname("trainer-7.nodes.example"));
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "ca.key")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsSigned(X509Certificate2 certificate, X509Certificate2 authority, string use)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new(use));
        return chain.Build(certificate);
    }

    private static bool Selects(IReadOnlyDictionary<string, string> selector, IReadOnlyDictionary<string, string> labels) =>
        selector.Count > 0 && selector.All(entry => labels.TryGetValue(entry.Key, out string? value) && value == entry.Value);

    private static string After(Yaml container, string option)
    {
        var arguments = container.Texts("args");
        return arguments[arguments.ToList().IndexOf(option) + 1];
    }

    private static async Task Shell(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }

    [GeneratedRegex(@"\$\(([A-Z_]+)\)")]
    private static partial Regex Variables();
}
