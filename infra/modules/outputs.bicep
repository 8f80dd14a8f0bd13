metadata description = 'What an output is, to which alerts are sent besides the queue, and the app\'s settings that say so. Nothing is deployed by this file.'

@export()
@description('Least level of the rules whose alerts go there.')
type level = 'Critical' | 'High' | 'Informational' | 'Low' | 'Medium'

@export()
@description('A part of an alert that need not leave; None stands alone.')
type part = 'Addresses' | 'Correlation' | 'Fields' | 'Hashes' | 'Host' | 'None' | 'Process' | 'Tenant' | 'User'

@export()
@description('Which alerts go to an output and how much of each; what is not given is left to the app.')
@sealed()
type selection = {
  minimumLevel: level?

  @minLength(1)
  @description('Tags of rules, such as attack.execution.')
  tags: string[]?

  @minLength(1)
  @description('Products of rules, such as windows.')
  products: string[]?

  @description('For how long an alert stands for those of the same rule on the same entity, such as 01:00:00.')
  suppressFor: string?

  @minLength(1)
  @description('Parts that leave.')
  parts: part[]?

  @description('Whether what looks like a secret in command lines and fields is masked.')
  masksSecrets: bool?
}

@export()
@description('A webhook.')
@sealed()
type webhook = {
  @minLength(1)
  @maxLength(24)
  @description('Name: a lower-case letter and up to 23 more letters and digits.')
  name: string

  @description('Secret with its address, such as https://VAULT.vault.azure.net/secrets/NAME; never the address itself. Without a version the newest counts.')
  urlSecretUri: string

  @description('Likewise the key that messages are signed with.')
  signingKeySecretUri: string?

  format: 'Alert' | 'Ocsf' | 'Slack' | 'Teams'
  minimumLevel: level?

  @minLength(1)
  @description('Tags of rules, such as attack.execution.')
  tags: string[]?

  @minLength(1)
  @description('Products of rules, such as windows.')
  products: string[]?

  @description('For how long an alert stands for those of the same rule on the same entity, such as 01:00:00.')
  suppressFor: string?

  @minLength(1)
  @description('Parts that leave.')
  parts: part[]?

  @description('Whether what looks like a secret in command lines and fields is masked.')
  masksSecrets: bool?

  @description('Whether it may be at a private address.')
  allowsPrivateAddresses: bool?

  @minValue(0)
  @maxValue(20)
  @description('Alerts of one rule in burstWindow that are told one by one; 0: all.')
  burstAfter: int?

  @description('The time in which these count, such as 00:05:00.')
  burstWindow: string?

  @minValue(0)
  @maxValue(6000)
  @description('Messages a minute and instance; 0: no limit.')
  maximumPerMinute: int?
}

@export()
@description('What is wrong with webhooks: a sentence for each; empty where all is well. A template cannot say these by types.')
func faults(webhooks webhook[], otherNames string[]) string[] =>
  concat(
    map(
      filter(
        map(webhooks, webhook => webhook.name),
        name =>
          !contains('abcdefghijklmnopqrstuvwxyz', take(name, 1)) || !empty(filter(
            range(0, length(name)),
            index => !contains('abcdefghijklmnopqrstuvwxyz0123456789', substring(name, index, 1))
          ))
      ),
      name => 'The webhook "${name}" must have a name of lower-case letters and digits that begins with a letter.'
    ),
    // Its queue would be the one in which the sample consumer puts aside what it cannot handle.
    map(filter(webhooks, webhook => webhook.name == 'poison'), webhook => 'A webhook must not be named "poison".'),
    map(
      filter(
        webhooks,
        webhook =>
          length(filter(concat(map(webhooks, each => each.name), otherNames), name => name == webhook.name)) > 1
      ),
      webhook => 'There are two outputs "${webhook.name}".'
    ),
    map(
      filter(
        webhooks,
        webhook =>
          !isSecretUri(webhook.urlSecretUri) || !isSecretUri(webhook.?signingKeySecretUri ?? webhook.urlSecretUri)
      ),
      webhook =>
        'The webhook "${webhook.name}" must name secrets of a Key Vault (https://VAULT/secrets/NAME), not what is in them.'
    )
  )

func isSecretUri(uri string) bool => startsWith(uri, 'https://') && (split('${uri}///', '/')[3] == 'secrets')

@export()
@description('Settings of the app for an output. What is not given is not set.')
func settings(output object) object =>
  toObject(
    filter(
      [
        { name: 'Type', value: output.type }
        { name: 'Format', value: output.format }
        { name: 'MinimumLevel', value: output.?minimumLevel ?? '' }
        { name: 'Tags', value: join(output.?tags ?? [], ';') }
        { name: 'Products', value: join(output.?products ?? [], ';') }
        { name: 'SuppressFor', value: output.?suppressFor ?? '' }
        { name: 'Parts', value: join(output.?parts ?? [], ';') }
        { name: 'MasksSecrets', value: string(output.?masksSecrets ?? '') }
        { name: 'Url', value: secretOf(output.?urlSecretUri ?? '') }
        { name: 'SigningKey', value: secretOf(output.?signingKeySecretUri ?? '') }
        { name: 'AllowsPrivateAddresses', value: string(output.?allowsPrivateAddresses ?? '') }
        { name: 'BurstAfter', value: string(output.?burstAfter ?? '') }
        { name: 'BurstWindow', value: output.?burstWindow ?? '' }
        { name: 'MaximumPerMinute', value: string(output.?maximumPerMinute ?? '') }
        { name: 'Endpoint', value: output.?endpoint ?? '' }
        { name: 'DataCollectionRuleId', value: output.?dataCollectionRuleId ?? '' }
        { name: 'Stream', value: output.?stream ?? '' }
      ],
      setting => !empty(setting.value)
    ),
    setting => 'Outputs__${output.name}__${setting.name}',
    setting => setting.value
  )

func secretOf(uri string) string => empty(uri) ? '' : '@Microsoft.KeyVault(SecretUri=${uri})'
