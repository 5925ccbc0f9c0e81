"""Words that errors are made of: of the APIs, of Kafka, TLS and their clients, and of English.

None is here that names a person or a place. A word that is missing costs a reader a word of an error, no more.
"""

VOCABULARY = frozenset(
    """
a abort about above absent accept accepted accepts access account across action actionable active add added adding
address advanced advertised affect after again against agent aggregation aio aiohttp aiokafka alert alerts all
allocated allow allowed allows already also although always am amazon among amount an and another any anymore anything
apart api app appid appkey application applied apply are argument arn as asgi ask asked asks assigned assignment
assistance async asyncio at attempt attempting attribute attributes auth authenticate authenticating authentication
authorization authorized auto autodiscovery available avoid avro await aware away aws back backups bad bare base basic
basicauth be became because been before began begin being below beside besides between beyond bill blocking body
boolean bootstrap both botocore bound boundary box breakup broken broker brokers buffer buffered buffers busy but
buyer by bytes bytesio ca callback called caller calls came can cancel canceled cancellation cancellations cancelled
cancels cannot carrier case cash catalog cause causes cert certificate certificates cess chain change changed
changelog changing channel characters charge charges check child chunk chunked city class cleanup clear client
clientresponse clientsession close closed closing cluster code codes collection com combination commands commit
committed committing compatibility compatible compiled complete compliance component condition config configure
configured configuring confirm confirmed conflict conflicting confusing conn connect connected connecting connection
connections connector consider considered console constructor consumer consumers consumption contain container
contains content context control cookie cookies coordinator copy coroutine correct correctly correlation could count
country courier crash crashed create created creation credentials currency current currently custom customer cycle
damaged data date day days db dead debug declare decompression default delete deleted delivered delivery denied
dependencies depends deprecated depth describe describes destination destroy destroyed detail details detected device
did differ different differs digits dimension dimensions directive directly directory disable disabled disabling
disallowed discarding disconnect disconnected discount discouraged discussions disk distance district do document does
don done double down drain dropoff due duplicate duplicated during each earlier earliest either elevation eligible
else email emails empty enable enabled enables encode encoding encountered encryption end ended endpoint enough
enrolled ensure entry environment environments eof error errors even event every exactly exceed exceeded exceeds
exception exceptions exchange exist existent existing exists expect expected expects experienced expired expires
expiresstring explicit expression expressly extension external extract factor fail failed fails failure fall falling
false fatal fault faust fba fenced fetch fetcher fetching fetchrequest few field fields file files filter filtered
finallization findcoordinator finding fingerprint finish finished fips first fixed flight float flow flush flushed
follow following follows for forbidden force form format formatter forward forwarding found fragile from fulfillment
full func function functions future futurewarning gateway gave general generate generated generation generators
geocodes get give given gives giving go gone got grant greater group grouping had handler handling handover handshake
handshaking has have hazmat header headers heartbeat height held here host hostname hour hours how however html http
httpconnection httpexception https httpsconnection id identifier ids ie if ignored ignoring ill illegal imds
immediately import importing in incompatible incomplete incorrect indicate inet infinite info information inheritance
initial initialization initialized initproduceridrequest inject input insecure inside install installation installed
instances instead integer interface internal interval into invalid inventory invoice invoked io ipv is issue issuer
issues it item items iterator its join joined joining json just kafka keep keepalive key keys kind kip kms known
kwargs label labels lading large last late later latest latitude lead leader leaks least leavegroup ledger left length
less let letter letters level librdkafka like limit limited limits line list listener listeners listing listings
listoffset lists load loaded local location lock log logging login long longer longitude loop lost low lower lwa made
make makes many map marked marketplace marketplaces marking marks match matches max maximum mean means mechanism
mechanisms member members memory merchant message messages metadata metadataresponse method methods mfn middleware
might milestone minimum minute minutes misconfiguration mismatch missing mistake mode modification module more most
movements multipart multiple municipality must name named names necessary need needed needs negative neither net netrc
never new next no node non none nor normal not nothing notification notifications notified now null number numbers
oauth object objects occurred of off offer offset offsetcommit offsetfetchrequest offsets ok old older oms on once one
ones only op open openssl opentelemetry operating operation operations option optional options or order orders origin
original other others otp our out output outside over overlap overlapping own pack package packages pagination pairs
param parameter parameters parse part partially partition partitions party pass passing password past patch path paths
pattern payload payment pdf peer pending per performed performing perhaps period permanently permission permissions
permit permitted phone phrase pick picked pickup piece pieces placed plain plaintext platform please png point policy
poll pool port positive possible post postal potential prepaid presence present prevent prevented previous previously
prime principal priority probably problem process processed processing produce producer producerfenced produces
product production properly property protocol protocols provide provided provides proxies proxy published pull purpose
put python quantity queue quota rack raise raised range rate raw rdkafka re reached read reader ready reason rebalance
rebalancing receive received recognised recognized recommended record recorder records recovery recursive redirect
reduce reference refresh refreshing refused refuses regenerate region regionredirector register registered registry
reject rejected rejection rejoin relative release releases remain remaining removal remove removed renamed repeat
repeated replaced replacement replacing replanned replanning replica replicas replication reply request requested
requestkey requests require required requirement requirements requires reraising rescheduled reserved reset resetting
resolution resolve resource resources resp responded responding response responsekey responses rest restart restarts
result results retries retrieved retry retrying return returned returning returns reverse revoked rfc right rma role
routine routines rule rules run runtime safe said same sasl say says scenario schedule scheduled schema schemas scheme
scope scram sec second seconds secret secrets security see seek seem seems seen selecting self sellable seller selling
send sender sending sends sent sequence serial serializer server service services session set setting settings several
sha shall ship shiplabel shipment shipments shipped shipping short shortly should show shown shows shutdown sign
signal signature silently simple since single size skip skipping sku slip slot slots slow small so socket some
something soon source space specifically specification specified sqs ssl sso stable start started starts state states
status step steps still stock stop stopped stopping streamer streaming string strongly sub subject
subjectalternativename subjects subscription subscriptions success such support supported supports sure sync syncgroup
syntax system table tables take taken takes task tasks tax temporarily temporary test text than that the their them
then there therefore these they thing this those though thread threaded threading throttled through thus till time
timed timeout timer times timestamp tls to together token tokens too topic topics total tp trace traceback traceparent
traces tracking transaction transactional transfer transforming transit transition transport tried true try trying
twice two type types unable unauthorised unauthorized unavailable unclosed undeliverable under unexpected unexpectedly
unit units unknown unless unparsed unprocessable unreachable unread unreadable unrecognized unregistered unsupported
until unused unverified up update updated upload upon uri url urllib urls usable use used user username uses utc v
valid validate validation value values vat verification verified verify verifying version very via violated violates
violation wait waited waiting warehouse warning warnings was watermarks way we web weight well were what whatever when
where whether which while who whole whose width window with within without word words work worker working works would
wrap write written wrong yes yet you your zero zpl
""".split()  # noqa: SIM905 - to be read by people
)
