/*
 * invite_curl URL CA COUNT: the same job with libcurl, as its manual shows it: one easy handle, used again,
 * everything else as it comes. The body is formatted without escaping, and the reply is searched for the
 * identifier instead of being read as JSON: both are less than what the library does.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invite_job.h"

static struct {
    char text[65536];
    size_t len;
} reply;

static size_t collect(char *data, size_t size, size_t n, void *ctx)
{
    (void)ctx;
    if (n * size >= sizeof reply.text - reply.len)
        return 0;
    memcpy(reply.text + reply.len, data, n * size);
    reply.len += n * size;
    reply.text[reply.len] = '\0';
    return n * size;
}

static int invite(CURL *curl)
{
    char body[512];
    long status = 0;

    snprintf(body, sizeof body,
             "{\"to\":[\"%s\",\"%s\"],\"organizationRole\":\"%s\",\"projectAssignments\":["
             "{\"projectId\":\"%s\",\"projectRole\":\"%s\"},{\"projectId\":\"%s\",\"projectRole\":\"%s\"}]}",
             JOB_EMAIL_1, JOB_EMAIL_2, "member", JOB_PROJECT_1, "Labeler", JOB_PROJECT_2, "Reviewer");
    reply.len = 0;
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(curl) != CURLE_OK)
        return 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 201 && strstr(reply.text, "\"success\"") != NULL && strstr(reply.text, "\"_id\":\"") != NULL;
}

int main(int argc, char **argv)
{
    struct curl_slist *headers = NULL;
    char error[CURL_ERROR_SIZE] = "an unexpected reply";
    CURL *curl;
    long count;

    if (argc != 4 || (count = strtol(argv[3], NULL, 10)) < 1 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0
        || (curl = curl_easy_init()) == NULL)
        return 2;
    headers = curl_slist_append(headers, "apikey: " JOB_KEY);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    while (count-- > 0)
        if (!invite(curl)) {
            fprintf(stderr, "invite_curl: %s\n", error);
            return 1;
        }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    return 0;
}
