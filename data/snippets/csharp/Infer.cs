// Asks the hub, which runs the model itself. HF_TOKEN is used where the repository asks for one.
//   dotnet run Infer.cs                              (.NET 10 or later, no package)
#:property PublishAot=false
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

const string Model = {{model}};
const string Commit = {{commit}};
var endpoint = Environment.GetEnvironmentVariable("MODELZOO_ENDPOINT") ?? {{endpoint}};

using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
if (Environment.GetEnvironmentVariable("HF_TOKEN") is { Length: > 0 } token) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
{{#noFiles}}
using var body = new ByteArrayContent(await File.ReadAllBytesAsync(args[0]));     // a picture or a sound
{{/noFiles}}
{{^noFiles}}
var inputs = JsonNode.Parse(args.Length > 0 ? args[0] : {{example}});              // a text in quotation marks, a row of numbers, or a list of them
using var body = new StringContent(new JsonObject { ["inputs"] = inputs, ["revision"] = Commit }.ToJsonString());
{{/noFiles}}
body.Headers.ContentType = new MediaTypeHeaderValue({{contentType}});
using var answer = await http.PostAsync($"{endpoint}/api/models/{Model}/infer?revision={Commit}", body);
var text = await answer.Content.ReadAsStringAsync();
if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{(int)answer.StatusCode}: {text}");
Console.WriteLine(JsonNode.Parse(text)!["outputs"]!.ToJsonString());
